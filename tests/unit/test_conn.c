// SPDX-License-Identifier: GPL-2.0-or-later
/* The connection table: timers, growth, bounds, what is forgotten. */
#include "tap.h"
#include "record/conn.h"

static void first_seen_is_kept(void)
{
	struct conn_table *table = conn_table_new(CONN_TABLE_LIMIT, 0);

	check_eq(conn_table_get(table, 7, 100)->first_ns, 100);
	check_eq(conn_table_get(table, 8, 200)->first_ns, 200);
	check_eq(conn_table_get(table, 7, 300)->first_ns, 100);
	check_eq(conn_table_get(table, 7, 400)->first_ns, 100);
	check_eq(conn_table_count(table), 2);
	conn_table_free(table);
}

static void grows_and_keeps_all(void)
{
	struct conn_table *table = conn_table_new(CONN_TABLE_LIMIT, 0);
	bool is_kept = true;

	for (uint64_t key = 1; key <= 50000; key++)
		conn_table_get(table, key, key);
	for (uint64_t key = 1; key <= 50000; key++)
		is_kept &= conn_table_get(table, key, 60000)->first_ns == key;
	check(is_kept);
	check_eq(conn_table_count(table), 50000);
	check_eq(conn_table_forgotten(table), 0);
	conn_table_free(table);
}

/* Far more connections than entries: bounded, and the busy one stays known. */
static void forgets_the_silent_not_the_busy(void)
{
	struct conn_table *table = conn_table_new(4096, 0);
	uint64_t now_ns = 1, busy = 0xb05;
	size_t bytes;

	for (uint64_t key = 0x10000; key < 0x10000 + 4096; key++)
		conn_table_get(table, key, now_ns += 1 << 20);
	bytes = conn_table_bytes(table);
	check_eq(conn_table_get(table, busy, now_ns)->first_ns, now_ns);
	for (uint64_t i = 0, first_ns = now_ns; i < 200000; i++) {
		conn_table_get(table, 0x20000 + i, now_ns += 1 << 20);
		if (!check(conn_table_get(table, busy, now_ns)->first_ns == first_ns))
			break;
	}
	check_eq(conn_table_bytes(table), bytes);
	check_eq(conn_table_count(table) - conn_table_forgotten(table), 4096 / 4 * 3);
	conn_table_free(table);
}

/* Taking entries out must not hide those that they had displaced. */
static void forgetting_breaks_no_chain(void)
{
	struct conn_table *table = conn_table_new(1024, 0);
	uint64_t recent[64] = { 0 };
	bool is_kept = true;

	for (uint64_t i = 1; i <= 100000; i++) {
		uint64_t now_ns = i << 20;

		conn_table_get(table, i * 31, now_ns);
		recent[i % 64] = i;
		/* The last 64 are among the youngest of 768: never forgotten. */
		for (int back = 0; back < 64 && i > 64; back += 21) {
			uint64_t j = recent[(i + 64 - (unsigned int)back) % 64];

			is_kept &= conn_table_get(table, j * 31, now_ns)->first_ns == j << 20;
		}
	}
	check(is_kept);
	check_eq(conn_table_count(table), 100000);
	conn_table_free(table);
}

/* One that is over goes when it is forgotten, unless it has become another. */
static void what_is_over_may_begin_anew(void)
{
	struct conn_table *table = conn_table_new(1024, 0);

	conn_table_end(conn_table_get(table, 7, 1000));
	conn_table_forget(table, 7);
	check_eq(conn_table_get(table, 7, 2000)->first_ns, 2000);
	check_eq(conn_table_count(table), 2);
	conn_table_end(conn_table_get(table, 7, 3000));
	conn_table_renew(table, conn_table_get(table, 7, 4000), 4000);
	check_eq(conn_table_get(table, 7, 5000)->first_ns, 4000);
	conn_table_forget(table, 7);
	check_eq(conn_table_get(table, 7, 6000)->first_ns, 4000);
	check_eq(conn_table_count(table), 3);
	conn_table_free(table);
}

/* However many come and go, and though entries move. */
static void a_state_stays_with_its_connection(void)
{
	struct conn_table *table = conn_table_new(65536, sizeof(uint64_t));
	bool is_kept = true, is_new = true;
	uint64_t *state;
	size_t bytes;

	for (uint64_t key = 1; key <= 3000; key++) {
		state = conn_table_state(table, conn_table_get(table, key, key));
		is_new &= !*state;
		*state = key;
	}
	for (uint64_t key = 1; key <= 3000; key += 2) {
		conn_table_end(conn_table_get(table, key, 3000));
		conn_table_forget(table, key);
	}
	for (uint64_t key = 2; key <= 3000; key += 2) {
		state = conn_table_state(table, conn_table_get(table, key, 4000));
		is_kept &= *state == key;
	}
	/* What was given back is taken again, and says nothing of who had it. */
	bytes = conn_table_bytes(table);
	for (uint64_t key = 1; key <= 3000; key += 2)
		is_new &= !*(uint64_t *)conn_table_state(table, conn_table_get(table, key, 5000));
	check(is_kept);
	check(is_new);
	check_eq(conn_table_bytes(table), bytes);
	conn_table_renew(table, conn_table_get(table, 2, 6000), 6000);
	check_eq(*(uint64_t *)conn_table_state(table, conn_table_get(table, 2, 6000)), 0);
	conn_table_free(table);
}

static void without_states_there_is_none(void)
{
	struct conn_table *table = conn_table_new(1024, 0);

	check(!conn_table_state(table, conn_table_get(table, 7, 1)));
	conn_table_free(table);
}

static void key_is_the_cookie(void)
{
	struct tcc_probe probe = { .event = { .cookie = 0xf000000000000001 } };

	check_eq(conn_key(&probe), 0xf000000000000001);
}

/* Without a cookie the tuple counts: sockets' addresses are reused. */
static void key_without_cookie_tells_tuples_apart(void)
{
	struct tcc_probe a = { .event = { .cookie = 0xffff888000001000,
					  .flags = TCC_EVENT_NO_COOKIE },
			       .sport = 1, .dport = 2 };
	struct tcc_probe b = a, c = a;

	b.dport = 3;
	c.daddr[3] = 9;
	check(conn_key(&a) != conn_key(&b));
	check(conn_key(&a) != conn_key(&c));
	b.dport = 2;
	check(conn_key(&a) == conn_key(&b));
}

int main(void)
{
	TAP_RUN(first_seen_is_kept);
	TAP_RUN(grows_and_keeps_all);
	TAP_RUN(forgets_the_silent_not_the_busy);
	TAP_RUN(forgetting_breaks_no_chain);
	TAP_RUN(what_is_over_may_begin_anew);
	TAP_RUN(a_state_stays_with_its_connection);
	TAP_RUN(without_states_there_is_none);
	TAP_RUN(key_is_the_cookie);
	TAP_RUN(key_without_cookie_tells_tuples_apart);
	return tap_done();
}
