/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections seen so far: when each was first seen, and what others keep of it.
 * Knows neither events nor addresses; a connection is its key.
 *
 * The table grows up to `limit` entries of 24 bytes, at most three quarters
 * full; from there on it makes room by forgetting, of the 16 or so around the
 * newcomer's place, the connection that was silent for longest. One forgotten
 * that speaks again starts anew, and is counted.
 */
#ifndef TCC_CONN_H
#define TCC_CONN_H

#include <stddef.h>
#include <stdint.h>

#include "tcc_event.h"

/* Default of conn_table_new(): 24 MiB when full, 786432 connections. */
#define CONN_TABLE_LIMIT (1u << 20)

/* A connection: what outlives a single event. */
struct conn {
	uint64_t key;		/* see conn_key(); 0: a free entry */
	uint64_t first_ns;	/* time of its first event, CLOCK_MONOTONIC */
	uint32_t last_tick : 31;	/* time of its last one, in units of 2^21 ns */
	uint32_t is_over : 1;
	uint32_t state;		/* see conn_table_state(); 0: none yet */
};

struct conn_table;

/*
 * `limit`: entries, a power of two. `state_bytes`: of each connection, for
 * conn_table_state(); 0, or at least 4. NULL when there is no memory.
 */
struct conn_table *conn_table_new(uint32_t limit, size_t state_bytes);
void conn_table_free(struct conn_table *table);	/* accepts NULL */

/*
 * The key of an event's connection: its socket cookie; without one, the
 * socket's address mixed with both ends, since addresses are reused. Never 0.
 */
uint64_t conn_key(const struct tcc_probe *probe);

/*
 * The connection of an event at `now_ns`, made with first_ns = now_ns if it is
 * new. Times must never decrease from call to call. Valid until the next call.
 */
struct conn *conn_table_get(struct conn_table *table, uint64_t key, uint64_t now_ns);

/*
 * What its owner keeps of a connection: zeros at first, and again when it is renewed;
 * gone when it is forgotten. Valid until the next call. NULL without memory.
 */
void *conn_table_state(struct conn_table *table, struct conn *conn);

/*
 * It is over, but may still be asked for: conn_table_renew() makes another of the
 * same key of it, and conn_table_forget() frees its entry, unless that was done.
 */
void conn_table_end(struct conn *conn);
void conn_table_renew(struct conn_table *table, struct conn *conn, uint64_t now_ns);
void conn_table_forget(struct conn_table *table, uint64_t key);

/* Connections seen, renewed ones too; one forgotten and seen again counts twice. */
uint64_t conn_table_count(const struct conn_table *table);

/* Connections forgotten to make room, not by conn_table_forget(). */
uint64_t conn_table_forgotten(const struct conn_table *table);

/* Memory held, bytes. */
size_t conn_table_bytes(const struct conn_table *table);

#endif
