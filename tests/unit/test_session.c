// SPDX-License-Identifier: GPL-2.0-or-later
/* A session against fake rings: sleeping and waking, ending, the account. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_ring.h"
#include "base/clock.h"
#include "consume/lines.h"
#include "kernel/live.h"
#include "run/session.h"
#include "tap.h"

static struct fake_ring fake;
static struct session session;
static struct format *format;
static int ends[2], saved_stdout, doorbell;
static struct watch bell;
static pthread_t thread;

static void do_nothing(void *context)
{
	(void)context;
}

static uint64_t miss_seven(void *context, enum tcc_kind kind)
{
	(void)context;
	(void)kind;
	return 7;
}

static void hear(void *context, uint32_t events)
{
	(void)context;
	(void)events;
}

/* A consumer that writes into a pipe, which is stdout for as long as it takes. */
static struct consumer *lines_into_pipe(void)
{
	struct format_style style = { .has_header = true };
	struct lines_config config = { .kind = FORMAT_CSV, .kinds = 1, .at_once = 1,
				       .n_cpus = 2 };
	struct consumer *lines;

	format = format_new(FORMAT_CSV, NULL, &style);
	config.format = format;
	check_eq(pipe(ends), 0);
	fflush(stdout);
	saved_stdout = dup(STDOUT_FILENO);
	dup2(ends[1], STDOUT_FILENO);
	lines = lines_new(&config);
	check(lines);
	return lines;
}

static void setup(uint64_t count_limit)
{
	struct pipeline_config pipeline = { 0 };
	struct live_config live = { .tracer = { NULL, do_nothing, miss_seven, do_nothing } };

	fake_ring_init(&fake, 2, 64);
	live.ring = &fake.memory;
	doorbell = eventfd(0, 0);
	session = (struct session){
		.source = live_new(&live),
		.kinds = RECORD_KIND_BIT(TCC_KIND_PROBE),
		.pipeline = pipeline_new(&pipeline),
		.consumers = { lines_into_pipe() },
		.n_consumers = 1,
		.count_limit = count_limit,
	};
	check_eq(loop_new(&session.loop, false), 0);
	bell = (struct watch){ doorbell, EPOLLIN | EPOLLET, hear, NULL };
	check_eq(loop_add(session.loop, &bell), 0);
	check_eq(lines_watch(session.consumers[0], session.loop), 0);
	/* The consumer has its own opening of the pipe. */
	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
}

static void teardown(void)
{
	lines_free(session.consumers[0]);
	loop_free(session.loop);
	live_free(session.source);
	pipeline_free(session.pipeline);
	format_free(format);
	fake_ring_release(&fake);
	close(ends[0]);
	close(ends[1]);
	close(doorbell);
}

static void *run(void *argument)
{
	(void)argument;
	session_run(&session);
	return NULL;
}

static void start(void)
{
	pthread_create(&thread, NULL, run, NULL);
}

static void stop(void)
{
	kill(getpid(), SIGTERM);	/* blocked, so the loop takes it */
	pthread_join(thread, NULL);
}

static void sleep_ms(unsigned int ms)
{
	poll(NULL, 0, (int)ms);
}

/* Whether a line comes within so long. */
static bool has_line(int timeout_ms)
{
	struct pollfd readable = { .fd = ends[0], .events = POLLIN };
	char line[4096];

	return poll(&readable, 1, timeout_ms) == 1 && read(ends[0], line, sizeof(line)) > 0;
}

/*
 * A producer that was busy as the reader fell asleep publishes an event from
 * before: it need not ring, see TCC_RING_PAUSE_NS. 100 ms is a long stall.
 */
static void an_event_of_a_stalled_cpu_needs_no_doorbell(void)
{
	static const struct tcc_probe probe = { .event = { .kind = TCC_KIND_PROBE } };
	uint64_t ktime_ns;

	setup(0);
	/* Before the reader is there: on a busy machine it may fall asleep at any time. */
	fake_enter(&fake, 0);
	ktime_ns = clock_now_ns();
	start();
	sleep_ms(100);
	fake_publish(&fake, 0, ktime_ns, &probe);
	fake_leave(&fake, 0);
	check(has_line(10000));
	stop();
	teardown();
}

static void the_doorbell_wakes_a_sleeping_reader(void)
{
	uint64_t one = 1;

	setup(0);
	start();
	/* On a busy machine its thread begins when it does. */
	for (int i = 0; i < 1000 && !__atomic_load_n(&fake.asleep, __ATOMIC_ACQUIRE); i++)
		sleep_ms(10);
	check_eq(__atomic_load_n(&fake.asleep, __ATOMIC_ACQUIRE), 1);
	fake_event(&fake, 1, clock_now_ns());
	check_eq(write(doorbell, &one, sizeof(one)), sizeof(one));
	check(has_line(10000));
	stop();
	teardown();
}

static void what_is_recorded_is_written_at_the_end(void)
{
	struct account account;

	setup(0);
	for (int i = 0; i < 10; i++)
		fake_event(&fake, (uint32_t)i % 2, clock_now_ns());
	start();
	stop();
	account = session_account(&session, 0, TCC_KIND_PROBE);
	check_eq(account.written, 10);
	check_eq(account.missed, 7);
	check_eq(account.seen, 17);
	check(account_is_balanced(&account));
	teardown();
}

static void beyond_the_count_events_are_discarded(void)
{
	struct account account;

	setup(4);
	for (int i = 0; i < 10; i++)
		fake_event(&fake, 0, (uint64_t)i + 1);
	start();
	pthread_join(thread, NULL);
	account = session_account(&session, 0, TCC_KIND_PROBE);
	check_eq(account.written, 4);
	check_eq(account.discarded, 6);
	check(account_is_balanced(&account));
	teardown();
}

static void a_vanished_reader_discards(void)
{
	struct account account;

	setup(0);
	close(ends[0]);
	for (int i = 0; i < 10; i++)
		fake_event(&fake, 0, (uint64_t)i + 1);
	start();
	pthread_join(thread, NULL);
	account = session_account(&session, 0, TCC_KIND_PROBE);
	check(session.is_output_gone);
	check_eq(account.written, 0);
	check_eq(account.discarded, 10);
	check_eq(account_lost(&account), 0);
	check(account_is_balanced(&account));
	teardown();
}

/* While it runs, what is recorded and not written is waiting, not gone. */
static void the_running_account_balances(void)
{
	struct account account;

	setup(0);
	fake_event(&fake, 0, 1);
	fake_event(&fake, 0, 2);
	account = session_account(&session, 0, TCC_KIND_PROBE);
	check_eq(account.waiting, 2);
	check_eq(account.seen, 2 + 7);
	check(account_is_balanced(&account));
	teardown();
}

int main(void)
{
	TAP_RUN(an_event_of_a_stalled_cpu_needs_no_doorbell);
	TAP_RUN(the_doorbell_wakes_a_sleeping_reader);
	TAP_RUN(what_is_recorded_is_written_at_the_end);
	TAP_RUN(beyond_the_count_events_are_discarded);
	TAP_RUN(a_vanished_reader_discards);
	TAP_RUN(the_running_account_balances);
	return tap_done();
}
