/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records that user space makes of others: pure functions of a record and of what is
 * kept of its connection, the same whether the record comes from the kernel or not.
 */
#ifndef TCC_DERIVE_H
#define TCC_DERIVE_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

/* So many records may be made of one. */
#define DERIVE_MAX 1

/* Kept of a connection; zeros at first. */
struct derive_state {
	/* In Recovery and Loss: what the window is cut from and to; tcp_sock's. */
	uint32_t prior_cwnd, snd_ssthresh;	/* segments; infinite: none is set */
	uint32_t undo_marker;			/* sequence number; 0: it cannot be undone */
};

/* The kinds to be taken so that the kinds among `kinds` can be made: RECORD_KIND_BIT()s. */
uint32_t derive_takes(uint32_t kinds);

/* Of `kinds`, those that can be had where `taken` are taken from the source. */
uint32_t derive_possible(uint32_t kinds, uint32_t taken);

/* The fields that records of a kind must have for the derived ones among `kinds`. */
struct field_set derive_needs(uint32_t kinds, uint8_t kind);

/* The kind that a derived one is made of. */
uint8_t derive_parent(uint8_t kind);

/*
 * Make what is to be made of a record, of the kinds among `kinds`, whole but for `lost`,
 * which is 0. `state`: its connection's, or NULL; then what needs a record before this
 * one is not made. Returns how many.
 */
size_t derive(uint32_t kinds, struct derive_state *state, const struct record *record,
	      struct record derived[DERIVE_MAX]);

#endif
