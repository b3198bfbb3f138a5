// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of the rings: order, stalls, wrapping, loss, sleep. */
#include <pthread.h>
#include <sched.h>

#include "tap.h"
#include "base/clock.h"
#include "fake_ring.h"

#define SECOND NS_PER_S

static struct fake_ring fake;
static struct ring *ring;

static void setup(uint32_t n_cpus, uint32_t n_slots)
{
	fake_ring_init(&fake, n_cpus, n_slots);
	ring = ring_new(&fake.memory);
}

static void teardown(void)
{
	ring_free(ring);
	fake_ring_release(&fake);
}

/* The next event's time, or 0. */
static uint64_t next_ns(void)
{
	uint64_t ktime_ns;
	uint32_t cpu;

	return ring_next(ring, &cpu, &ktime_ns) ? ktime_ns : 0;
}

static void merges_cpus_into_time_order(void)
{
	setup(3, 8);
	fake_event(&fake, 0, 10);
	fake_event(&fake, 1, 20);
	fake_event(&fake, 0, 30);
	fake_event(&fake, 2, 5);
	fake_event(&fake, 2, 25);
	ring_scan(ring, SECOND);
	check_eq(next_ns(), 5);
	check_eq(next_ns(), 10);
	check_eq(next_ns(), 20);
	check_eq(next_ns(), 25);
	check_eq(next_ns(), 30);
	check_eq(next_ns(), 0);
	check(!ring_has_unread(ring));
	check_eq(ring_taken(ring), 5);
	teardown();
}

static void holds_back_what_is_younger_than_the_scan(void)
{
	setup(1, 8);
	fake_event(&fake, 0, SECOND);
	ring_scan(ring, SECOND);	/* within the margin */
	check_eq(next_ns(), 0);
	check(ring_has_unread(ring));
	ring_scan(ring, 2 * SECOND);
	check_eq(next_ns(), SECOND);
	teardown();
}

static void waits_for_a_stalled_cpu(void)
{
	static const struct tcc_probe probe;

	setup(2, 8);
	fake_event(&fake, 0, 100);
	fake_enter(&fake, 0);		/* it has read the clock: 200 */
	fake_event(&fake, 1, 150);
	fake_event(&fake, 1, 300);
	ring_scan(ring, SECOND);
	check_eq(next_ns(), 100);
	check_eq(next_ns(), 0);		/* 150: CPU 0 might still publish 120 */
	ring_scan(ring, 2 * SECOND);
	check_eq(next_ns(), 0);
	fake_publish(&fake, 0, 200, &probe);
	ring_scan(ring, 3 * SECOND);	/* published, not left: 200 is safe */
	check_eq(next_ns(), 150);
	check_eq(next_ns(), 200);
	check_eq(next_ns(), 0);
	fake_leave(&fake, 0);
	ring_scan(ring, 4 * SECOND);
	check_eq(next_ns(), 300);
	teardown();
}

static void keeps_what_an_earlier_scan_made_sure_of(void)
{
	setup(2, 8);
	ring_scan(ring, SECOND);	/* CPU 0 is idle: nothing older than this */
	fake_enter(&fake, 0);
	fake_event(&fake, 1, SECOND / 2);
	ring_scan(ring, 2 * SECOND);
	check_eq(next_ns(), SECOND / 2);
	teardown();
}

static void scan_all_hands_out_the_rest(void)
{
	setup(2, 8);
	fake_event(&fake, 0, 5 * SECOND);
	fake_enter(&fake, 1);
	ring_scan_all(ring);
	check_eq(next_ns(), 5 * SECOND);
	teardown();
}

static void time_never_steps_back(void)
{
	setup(1, 8);
	fake_event(&fake, 0, 1000);
	fake_event(&fake, 0, 998);
	fake_event(&fake, 0, 1001);
	ring_scan(ring, SECOND);
	check_eq(next_ns(), 1000);
	check_eq(next_ns(), 1000);
	check_eq(next_ns(), 1001);
	teardown();
}

static void counts_and_marks_what_finds_no_room(void)
{
	const struct tcc_event *event;
	uint64_t ktime_ns;
	uint32_t cpu;

	setup(1, 3);
	for (uint64_t i = 1; i <= 5; i++)
		check_eq(fake_event(&fake, 0, i), i <= 3);
	ring_scan(ring, SECOND);
	for (uint64_t i = 1; i <= 3; i++)
		check_eq(next_ns(), i);
	check_eq(next_ns(), 0);
	fake_event(&fake, 0, 6);
	ring_scan(ring, SECOND);
	event = ring_next(ring, &cpu, &ktime_ns);
	check(event && event->lost == 2);
	check_eq(ring_count(ring).lost, 2);
	check_eq(ring_count(ring).published, 4);
	check_eq(ring_unread(ring), 0);
	teardown();
}

static void a_slot_is_given_back_only_when_read(void)
{
	setup(1, 2);
	fake_event(&fake, 0, 1);
	fake_event(&fake, 0, 2);
	ring_scan(ring, SECOND);
	check_eq(next_ns(), 1);
	check(!fake_event(&fake, 0, 3));	/* still being looked at */
	check_eq(next_ns(), 2);
	check(fake_event(&fake, 0, 4));
	teardown();
}

static void asleep_is_what_the_producer_sees(void)
{
	setup(1, 2);
	ring_set_asleep(ring, true);
	check_eq(fake.asleep, 1);
	ring_set_asleep(ring, false);
	check_eq(fake.asleep, 0);
	teardown();
}

/* --- against producers that really run beside it ------------------------------ */

#define THREADS 3
#define EVENTS 200000u

static bool are_done[THREADS];

/* Reads the clock where the kernel does, and stalls there now and then. */
static void *produce(void *argument)
{
	uint32_t cpu = (uint32_t)(uintptr_t)argument;
	struct tcc_probe probe = { .event = { .kind = TCC_KIND_PROBE } };

	for (uint32_t i = 0; i < EVENTS; i++) {
		uint64_t ktime_ns;

		fake_enter(&fake, cpu);
		ktime_ns = clock_now_ns();
		if (i % 4096 == 0)
			sched_yield();
		if (i % 50000 == 0) {
			struct timespec stall = { .tv_nsec = 5000000 };

			nanosleep(&stall, NULL);
		}
		probe.snd_nxt = i;
		fake_publish(&fake, cpu, ktime_ns, &probe);
		fake_leave(&fake, cpu);
	}
	__atomic_store_n(&are_done[cpu], true, __ATOMIC_RELEASE);
	return NULL;
}

struct merged {
	uint64_t last_ns;
	uint64_t taken, lost;
	uint32_t next[THREADS];
	bool is_in_order, is_complete;
};

static void take_all(struct merged *merged)
{
	const struct tcc_event *event;
	uint64_t ktime_ns;
	uint32_t cpu;

	while ((event = ring_next(ring, &cpu, &ktime_ns))) {
		const struct tcc_probe *probe = (const struct tcc_probe *)event;

		merged->is_in_order &= event->ktime_ns >= merged->last_ns;
		merged->is_complete &= probe->snd_nxt == merged->next[cpu] + event->lost;
		merged->next[cpu] = probe->snd_nxt + 1;
		merged->last_ns = event->ktime_ns;
		merged->lost += event->lost;
		merged->taken++;
	}
}

static void holds_order_against_stalling_producers(void)
{
	struct merged merged = { .is_in_order = true, .is_complete = true };
	pthread_t threads[THREADS];
	bool is_done = false;

	setup(THREADS, 1000);
	memset(are_done, 0, sizeof(are_done));
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, produce, (void *)i);
	while (!is_done) {
		is_done = true;
		for (int i = 0; i < THREADS; i++)
			is_done &= __atomic_load_n(&are_done[i], __ATOMIC_ACQUIRE);
		ring_scan(ring, clock_now_ns());
		take_all(&merged);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ring_scan_all(ring);
	take_all(&merged);
	check(merged.is_in_order);
	check(merged.is_complete);
	check_eq(merged.taken + ring_count(ring).lost, (uint64_t)THREADS * EVENTS);
	check(merged.taken > 0);
	teardown();
}

int main(void)
{
	TAP_RUN(merges_cpus_into_time_order);
	TAP_RUN(holds_back_what_is_younger_than_the_scan);
	TAP_RUN(waits_for_a_stalled_cpu);
	TAP_RUN(keeps_what_an_earlier_scan_made_sure_of);
	TAP_RUN(scan_all_hands_out_the_rest);
	TAP_RUN(time_never_steps_back);
	TAP_RUN(counts_and_marks_what_finds_no_room);
	TAP_RUN(a_slot_is_given_back_only_when_read);
	TAP_RUN(asleep_is_what_the_producer_sees);
	TAP_RUN(holds_order_against_stalling_producers);
	return tap_done();
}
