// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records made of others, on their way from a source to a consumer: the order, the
 * account, the marks. What is made of what is golden/reference.py's to say.
 */
#include <string.h>

#include "base/loop.h"
#include "record/fields.h"
#include "run/session.h"
#include "../tap.h"

#define CA_STATE RECORD_KIND_BIT(RECORD_KIND_CA_STATE)
#define REDUCTION RECORD_KIND_BIT(RECORD_KIND_REDUCTION)

/* A source of congestion states: into Loss from Open, again and again. */
struct states {
	struct source source;
	unsigned int n;		/* to come */
	unsigned int n_unread;	/* and so many more, which nobody will have taken */
	uint64_t taken;
};

static void scan(struct source *source, uint64_t now_ns, bool is_last)
{
	(void)source, (void)now_ns, (void)is_last;
}

static enum source_state next(struct source *source, struct record *record)
{
	static const struct tcc_rare loss = { .sample.probe.event.kind = TCC_KIND_CA_STATE,
					      .from = TCC_CA_OPEN, .to = TCC_CA_LOSS };
	struct states *states = (struct states *)source;

	if (!states->n)
		return SOURCE_END;
	*record = (struct record){ .has = fields_of_kind(RECORD_KIND_CA_STATE, 0),
				   .conn_key = 1, .kind = RECORD_KIND_CA_STATE,
				   .ktime_ns = ++states->taken, .cpu = states->n % 2,
				   .lost = 1, .prior_cwnd = 10, .snd_ssthresh = 5,
				   .undo_marker = 77 };
	record_from_rare(record, &loss);
	/* An even one is of no other than the state before. */
	if (states->n % 2 == 0)
		record->new_ca_state = record->old_ca_state;
	states->n--;
	return SOURCE_RECORD;
}

static int begin_wait(struct source *source, bool has_moved)
{
	(void)source, (void)has_moved;
	return 0;
}

static void end_wait(struct source *source, bool has_news)
{
	(void)source, (void)has_news;
}

static void stop(struct source *source)
{
	(void)source;
}

static struct source_counts count_states(const struct source *source, uint8_t kind)
{
	const struct states *states = (const struct states *)source;

	/* Nothing of what is made of them. */
	if (kind != RECORD_KIND_CA_STATE)
		return (struct source_counts){ 0 };
	return (struct source_counts){ .recorded = states->taken + states->n + states->n_unread,
				       .taken = states->taken, .filtered = 3, .lost = 20,
				       .missed = 5 };
}

static const struct source_ops states_ops = {
	.scan = scan, .next = next, .begin_wait = begin_wait, .end_wait = end_wait, .stop = stop,
	.count = count_states,
};

/* What came to the consumer, in its order. */
#define CAME_MAX 64
struct kept {
	struct consumer consumer;
	struct record came[CAME_MAX];
	size_t n;
};

static enum consumer_room room(struct consumer *consumer)
{
	(void)consumer;
	return CONSUMER_HAS_ROOM;
}

static void keep(struct consumer *consumer, const struct record *record)
{
	struct kept *kept = (struct kept *)consumer;

	if (kept->n < CAME_MAX)
		kept->came[kept->n++] = *record;
}

static int flush(struct consumer *consumer, bool is_last)
{
	(void)consumer, (void)is_last;
	return 0;
}

static struct consumer_counts count_kept(const struct consumer *consumer, uint8_t kind)
{
	const struct kept *kept = (const struct kept *)consumer;
	struct consumer_counts counts = { 0 };

	for (size_t i = 0; i < kept->n; i++)
		counts.done += kept->came[i].kind == kind;
	return counts;
}

static const struct consumer_ops kept_ops = { .room = room, .record = keep, .flush = flush,
					      .count = count_kept };

static struct states states;
static struct kept kept;
static struct session session;

/* Of so many states, what is wanted, up to `count`. */
static void run(unsigned int n, uint32_t kinds, uint64_t count)
{
	struct pipeline_config pipeline = { .kinds = kinds, .n_cpus = 2 };

	states = (struct states){ .source = { &states_ops }, .n = n };
	kept = (struct kept){ .consumer = { &kept_ops, kinds } };
	session = (struct session){
		.source = &states.source,
		.pipeline = pipeline_new(&pipeline),
		.consumers = { &kept.consumer },
		.n_consumers = 1,
		.kinds = kinds,
		.count_limit = count,
	};
	check_eq(loop_new(&session.loop, false), 0);
	check_eq(session_run(&session), 0);
	loop_free(session.loop);
}

static struct account account_of(uint8_t kind)
{
	struct account account = session_account(&session, 0, kind);

	check(account_is_balanced(&account));
	return account;
}

/* Its time, its values, and not its mark, which it says itself. */
static void each_stands_right_behind_what_it_is_made_of(void)
{
	run(3, CA_STATE | REDUCTION, 0);
	check_eq(kept.n, 5);
	for (size_t i = 0; i < kept.n; i += 3) {
		check_eq(kept.came[i].kind, RECORD_KIND_CA_STATE);
		check_eq(kept.came[i].lost, 1);
		check_eq(kept.came[i + 1].kind, RECORD_KIND_REDUCTION);
		check_eq(kept.came[i + 1].ktime_ns, kept.came[i].ktime_ns);
		check_eq(kept.came[i + 1].lost, 0);
		check_eq(kept.came[i + 1].from, 10);
		check_eq(kept.came[i + 1].factor, 500);
	}
	check_eq(account_of(RECORD_KIND_REDUCTION).seen, 2);
	check_eq(account_of(RECORD_KIND_CA_STATE).lost_buffer, 20);
	pipeline_free(session.pipeline);
}

/* Nobody sees the states: what is lost of them is missing among what is made of them. */
static void what_is_lost_of_a_kind_that_is_not_written_is_told_by_the_other(void)
{
	struct account account;

	run(5, REDUCTION, 0);
	check_eq(kept.n, 3);
	/* Of its CPU: the even ones have another. */
	for (size_t i = 0; i < kept.n; i++) {
		check_eq(kept.came[i].kind, RECORD_KIND_REDUCTION);
		check_eq(kept.came[i].lost, 1);
	}
	account = account_of(RECORD_KIND_REDUCTION);
	check_eq(account.written, 3);
	check_eq(account.filtered, 0);
	check_eq(account.lost_buffer, 20);
	check_eq(account.missed, 5);
	pipeline_free(session.pipeline);
}

/* The output failed, and what was left may have had some. */
static void what_is_unread_at_the_end_counts_as_lost(void)
{
	run(5, REDUCTION, 0);
	states.n_unread = 2;
	check_eq(account_of(RECORD_KIND_REDUCTION).lost_output, 2);
	session.is_output_gone = true;
	check_eq(account_of(RECORD_KIND_REDUCTION).lost_output, 0);
	pipeline_free(session.pipeline);
}

static void the_mark_waits_for_the_next_that_is_made_on_its_cpu(void)
{
	struct pipeline_config config = { .kinds = REDUCTION, .n_cpus = 2 };
	struct pipeline *pipeline = pipeline_new(&config);
	struct record record, made[DERIVE_MAX];

	states = (struct states){ .n = 3 };
	next(&states.source, &record);
	field_set_remove(&record.has, FIELD_new_ca_state);
	record.lost = 4;
	check_eq(pipeline_record(pipeline, &record, made), 0);
	next(&states.source, &record);
	next(&states.source, &record);
	check_eq(pipeline_record(pipeline, &record, made), 1);
	check_eq(made[0].lost, 5);
	check_eq(pipeline_made(pipeline, RECORD_KIND_REDUCTION), 1);
	pipeline_free(pipeline);
}

static void a_reduction_has_what_its_state_had_and_its_own(void)
{
	struct pipeline_config config = { .kinds = REDUCTION, .n_cpus = 2 };
	struct pipeline *pipeline = pipeline_new(&config);
	struct field_set all = fields_of_kind(RECORD_KIND_REDUCTION, 0);
	struct record record, made[DERIVE_MAX];

	states = (struct states){ .n = 1 };
	next(&states.source, &record);
	check_eq(pipeline_record(pipeline, &record, made), 1);
	check(memcmp(&made[0].has, &all, sizeof(all)) == 0);
	states = (struct states){ .n = 1, .taken = 1 };
	next(&states.source, &record);
	field_set_remove(&record.has, FIELD_prior_cwnd);
	field_set_remove(&record.has, FIELD_rto);
	field_set_remove(&all, FIELD_prior_cwnd);
	field_set_remove(&all, FIELD_rto);
	field_set_remove(&all, FIELD_from);
	field_set_remove(&all, FIELD_factor);
	check_eq(pipeline_record(pipeline, &record, made), 1);
	check(memcmp(&made[0].has, &all, sizeof(all)) == 0);
	pipeline_free(pipeline);
}

/* The count ends between a state and what is made of it. */
static void beyond_the_count_it_is_discarded(void)
{
	run(3, CA_STATE | REDUCTION, 1);
	check_eq(kept.n, 1);
	check_eq(account_of(RECORD_KIND_REDUCTION).discarded, 1);
	check_eq(account_of(RECORD_KIND_CA_STATE).discarded, 2);
	pipeline_free(session.pipeline);
	run(3, CA_STATE | REDUCTION, 2);
	check_eq(kept.n, 2);
	check_eq(account_of(RECORD_KIND_REDUCTION).discarded, 0);
	pipeline_free(session.pipeline);
}

static uint64_t needed_props(uint32_t kinds, uint8_t kind)
{
	struct field_set needs = derive_needs(kinds, kind);

	return fields_props(&needs);
}

static void what_is_taken_and_what_can_be_had(void)
{
	uint32_t probe = RECORD_KIND_BIT(RECORD_KIND_PROBE);

	check_eq(derive_takes(probe), probe);
	check_eq(derive_takes(probe | REDUCTION), probe | REDUCTION | CA_STATE);
	check_eq(derive_possible(probe | REDUCTION, probe | CA_STATE), probe | REDUCTION);
	check_eq(derive_possible(RECORD_KINDS_ALL, probe), probe);
	check_eq(needed_props(probe, RECORD_KIND_CA_STATE), 0);
	check_eq(needed_props(REDUCTION, RECORD_KIND_PROBE), 0);
	check_eq(needed_props(REDUCTION, RECORD_KIND_CA_STATE),
		 TCC_PROP(SND_SSTHRESH) | TCC_PROP(PRIOR_CWND) | TCC_PROP(UNDO_MARKER) |
			 TCC_PROP(CONG_CONTROL));
}

int main(void)
{
	TAP_RUN(each_stands_right_behind_what_it_is_made_of);
	TAP_RUN(what_is_lost_of_a_kind_that_is_not_written_is_told_by_the_other);
	TAP_RUN(what_is_unread_at_the_end_counts_as_lost);
	TAP_RUN(the_mark_waits_for_the_next_that_is_made_on_its_cpu);
	TAP_RUN(a_reduction_has_what_its_state_had_and_its_own);
	TAP_RUN(beyond_the_count_it_is_discarded);
	TAP_RUN(what_is_taken_and_what_can_be_had);
	return tap_done();
}
