/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private state of an event's congestion control algorithm, made part of its
 * record. Says itself, on stderr and once for each algorithm, what is not known.
 */
#ifndef TCC_CA_DECODE_H
#define TCC_CA_DECODE_H

#include "ca/ca_source.h"
#include "record/record.h"

struct ca_decode;

/* Returns 0, or -errno when it has been said what is wrong. */
int ca_decode_new(struct ca_decode **decode, const struct ca_source_options *options);
void ca_decode_free(struct ca_decode *decode);	/* accepts NULL */

/*
 * Set the members of the record that tell of the private state; it has its mss, and of
 * these fields those that its kind has.
 */
void ca_decode_record(struct ca_decode *decode, struct record *record,
		      const struct tcc_sample *sample);

#endif
