// SPDX-License-Identifier: GPL-2.0-or-later
/* The connections seen so far; see conn.h. */
#include "record/conn.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "record/slab.h"

#define TABLE_MIN 1024u
/* Among how many the one to forget is chosen. */
#define NEIGHBOURHOOD 16u

struct conn_table {
	struct conn *conns;	/* open addressing, linear probing */
	uint32_t size;		/* entries, a power of two */
	uint32_t limit;
	uint32_t used;
	struct conn *recent;	/* the last one asked for: streams repeat */
	uint64_t count;
	uint64_t forgotten;
	struct slab states;	/* entries move, these do not */
};

/* The finaliser of MurmurHash3: cookies are consecutive numbers. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ (x >> 33);
}

uint64_t conn_key(const struct tcc_probe *probe)
{
	uint64_t key = probe->event.cookie;

	if (probe->event.flags & TCC_EVENT_NO_COOKIE) {
		for (int i = 0; i < 4; i++) {
			key = mix(key ^ probe->saddr[i]);
			key = mix(key ^ probe->daddr[i]);
		}
		key = mix(key ^ ((uint64_t)probe->sport << 16 | probe->dport));
	}
	return key ? key : 1;
}

struct conn_table *conn_table_new(uint32_t limit, size_t state_bytes)
{
	struct conn_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->limit = limit;
	table->states.slot_bytes = state_bytes;
	table->size = limit < TABLE_MIN ? limit : TABLE_MIN;
	table->conns = calloc(table->size, sizeof(*table->conns));
	if (!table->conns) {
		free(table);
		return NULL;
	}
	return table;
}

void conn_table_free(struct conn_table *table)
{
	if (!table)
		return;
	slab_free(&table->states);
	free(table->conns);
	free(table);
}

static struct conn *at_distance(const struct conn_table *table, uint64_t hash, uint32_t distance)
{
	return &table->conns[(hash + distance) & (table->size - 1)];
}

/* The entry of a key, or the free one where it belongs. The table has room. */
static struct conn *find(const struct conn_table *table, uint64_t key)
{
	uint64_t hash = mix(key);

	for (uint32_t i = 0;; i++) {
		struct conn *conn = at_distance(table, hash, i);

		if (conn->key == key || conn->key == 0)
			return conn;
	}
}

/* Twice the size; without memory, the table stays as it is and forgets. */
static void grow(struct conn_table *table)
{
	struct conn_table larger = *table;

	larger.size = table->size * 2;
	larger.conns = calloc(larger.size, sizeof(*larger.conns));
	if (!larger.conns) {
		table->limit = table->size;
		return;
	}
	for (uint32_t i = 0; i < table->size; i++) {
		if (table->conns[i].key)
			*find(&larger, table->conns[i].key) = table->conns[i];
	}
	free(table->conns);
	table->conns = larger.conns;
	table->size = larger.size;
}

/* Take an entry out, and move up those behind it that its place cut off. */
static void delete(struct conn_table *table, struct conn *gone)
{
	uint32_t mask = table->size - 1;
	uint32_t hole = (uint32_t)(gone - table->conns);

	slab_give_back(&table->states, gone->state);
	for (uint32_t at = (hole + 1) & mask; table->conns[at].key; at = (at + 1) & mask) {
		uint32_t home = (uint32_t)mix(table->conns[at].key) & mask;

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		table->conns[hole] = table->conns[at];
		hole = at;
	}
	table->conns[hole] = (struct conn){ 0 };
	table->used--;
}

/* Ticks wrap after 52 days: compare by difference, of 31 bits. */
static bool is_older(const struct conn *a, const struct conn *b)
{
	return (int32_t)(((uint32_t)a->last_tick - b->last_tick) << 1) < 0;
}

/* Forget the one silent for longest, of those around a key's home. */
static void forget_one(struct conn_table *table, uint64_t key)
{
	uint64_t hash = mix(key);
	struct conn *oldest = NULL;

	for (uint32_t i = 0, n = 0; n < NEIGHBOURHOOD && i < table->size; i++) {
		struct conn *conn = at_distance(table, hash, i);

		if (!conn->key)
			continue;
		n++;
		if (!oldest || is_older(conn, oldest))
			oldest = conn;
	}
	delete(table, oldest);
	table->forgotten++;
}

/* The entry for a new connection, made room for. */
static struct conn *make_room(struct conn_table *table, uint64_t key)
{
	if (table->used >= table->size / 4 * 3) {
		if (table->size < table->limit)
			grow(table);
		else
			forget_one(table, key);
	}
	return find(table, key);
}

struct conn *conn_table_get(struct conn_table *table, uint64_t key, uint64_t now_ns)
{
	struct conn *conn = table->recent;

	if (!conn || conn->key != key)
		conn = find(table, key);
	if (!conn->key) {
		conn = make_room(table, key);
		*conn = (struct conn){ .key = key, .first_ns = now_ns };
		table->used++;
		table->count++;
	}
	conn->last_tick = (uint32_t)(now_ns >> 21) & INT32_MAX;
	table->recent = conn;
	return conn;
}

void *conn_table_state(struct conn_table *table, struct conn *conn)
{
	if (!conn->state)
		conn->state = slab_take(&table->states);
	return conn->state ? slab_at(&table->states, conn->state) : NULL;
}

void conn_table_end(struct conn *conn)
{
	conn->is_over = 1;
}

void conn_table_renew(struct conn_table *table, struct conn *conn, uint64_t now_ns)
{
	conn->first_ns = now_ns;
	if (conn->state)
		memset(slab_at(&table->states, conn->state), 0, table->states.slot_bytes);
	conn->is_over = 0;
	table->count++;
}

void conn_table_forget(struct conn_table *table, uint64_t key)
{
	struct conn *conn = find(table, key);

	if (conn->key && conn->is_over)
		delete(table, conn);
	table->recent = NULL;
}

uint64_t conn_table_count(const struct conn_table *table)
{
	return table->count;
}

uint64_t conn_table_forgotten(const struct conn_table *table)
{
	return table->forgotten;
}

size_t conn_table_bytes(const struct conn_table *table)
{
	return sizeof(*table) + table->size * sizeof(*table->conns) + slab_bytes(&table->states);
}
