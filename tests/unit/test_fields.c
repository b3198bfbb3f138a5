// SPDX-License-Identifier: GPL-2.0-or-later
/* The field table, and lists of fields as --fields gives them. */
#include <errno.h>
#include <stdlib.h>

#include "../tap.h"
#include "record/fields.h"

/* From the default set. */
static int parse(struct field_list *list, const char *text, unsigned int set, const char **bad,
		 const char **reason)
{
	struct field_list base;

	fields_default(&base, set);
	return fields_parse(list, text, &base, bad, reason);
}

/* INTERFACE's default sets, in its order. */
#define DATA_SET                                                                          \
	"event time time_us offset_ms conn_ms saddr sport daddr dport snd_cwnd ssthresh " \
	"mss snd_wnd srtt rcv_wnd length in_flight snd_nxt snd_una mark cookie lost"
#define TEXT_SET "snd_cwnd ssthresh snd_wnd srtt rcv_wnd length"

static const char *names(const struct field_list *list)
{
	static char text[4096];
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->n; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
					   i ? " " : "", fields_table[list->id[i]].name);
	return text;
}

/* The names of the list; or, of a faulty one, "BAD: REASON". */
static const char *parsed(const char *text, unsigned int set)
{
	static char message[256];
	struct field_list list;
	const char *bad = NULL, *reason = NULL;
	int err = parse(&list, text, set, &bad, &reason);

	if (!err)
		return names(&list);
	check_eq(err, -EINVAL);
	check(bad >= text && bad <= text + strlen(text));
	snprintf(message, sizeof(message), "%.*s: %s", (int)strcspn(bad, ","), bad, reason);
	return message;
}

static void default_sets_are_as_promised(void)
{
	struct field_list list;

	fields_default(&list, IN_DATA);
	check_str(names(&list), DATA_SET);
	fields_default(&list, IN_TEXT);
	check_str(names(&list), TEXT_SET);
	fields_default(&list, 0);
	check_eq(list.n, 0);
}

static void a_list_has_its_fields_in_its_order(void)
{
	check_str(parsed("snd_cwnd", IN_TEXT), "snd_cwnd");
	check_str(parsed("srtt,snd_cwnd,event", IN_TEXT), "srtt snd_cwnd event");
	check_str(parsed("lost,ktime,cpu,time", IN_DATA), "lost ktime cpu time");
	/* Names that others begin with. */
	check_str(parsed("time_us,time", IN_DATA), "time_us time");
}

static void plus_adds_to_the_default_set(void)
{
	check_str(parsed("+ktime", IN_TEXT), TEXT_SET " ktime");
	check_str(parsed("+ktime,+cpu", IN_TEXT), TEXT_SET " ktime cpu");
	check_str(parsed("+ktime,cpu", IN_TEXT), TEXT_SET " ktime cpu");
	check_str(parsed("+ktime", IN_DATA), DATA_SET " ktime");
	/* What is there already stays where it is. */
	check_str(parsed("+srtt", IN_TEXT), TEXT_SET);
	check_str(parsed("+ktime,+ktime", IN_TEXT), TEXT_SET " ktime");
}

static void minus_takes_away(void)
{
	check_str(parsed("-srtt", IN_TEXT), "snd_cwnd ssthresh snd_wnd rcv_wnd length");
	check_str(parsed("-snd_cwnd,-length", IN_TEXT), "ssthresh snd_wnd srtt rcv_wnd");
	check_str(parsed("-srtt,+srtt", IN_TEXT),
		  "snd_cwnd ssthresh snd_wnd rcv_wnd length srtt");
	check_str(parsed("+ktime,-ktime", IN_TEXT), TEXT_SET);
	check_str(parsed("-cookie", IN_TEXT), TEXT_SET);
	check_str(parsed("snd_cwnd,srtt,-snd_cwnd", IN_TEXT), "srtt");
	check_str(parsed("snd_cwnd,+ktime", IN_TEXT), "snd_cwnd ktime");
}

static void all_adds_all_there_are(void)
{
	struct field_list list;
	const char *bad, *reason;

	static char all[4096], expected[4096];

	snprintf(all, sizeof(all), "%s", parsed("all", IN_TEXT));
	check(strncmp(all, DATA_SET " skipped ktime family cpu cc ", sizeof(DATA_SET)) == 0);
	check_str(parsed("all", IN_DATA), all);
	snprintf(expected, sizeof(expected), "cpu ktime %s", parsed("all,-cpu,-ktime", IN_TEXT));
	check_str(parsed("cpu,ktime,all", IN_TEXT), expected);
	check(strncmp(parsed("+all", IN_TEXT), TEXT_SET " event time ", sizeof(TEXT_SET)) == 0);
	check_eq(parse(&list, "all,all,+all", IN_DATA, &bad, &reason), 0);
	check_eq(list.n, FIELD_COUNT);
}

static void members_of_private_state_are_named(void)
{
	struct field_list list;
	const char *bad, *reason;

	check_eq(parse(&list, "ca.bw.s[0].v,srtt,+ca.x,ca", IN_DATA, &bad, &reason), 0);
	check_eq(list.n, 4);
	check_eq(list.n_ca, 2);
	check_eq(list.id[0], FIELD_CA);
	check_eq(list.id[2], FIELD_CA + 1);
	check_eq(list.id[3], FIELD_CA_ALL);
	check(list.ca[0].length == 9 && memcmp(list.ca[0].name, "bw.s[0].v", 9) == 0);
	check_eq(parse(&list, "ca.a,ca.b,-ca.a", IN_DATA, &bad, &reason), 0);
	check_eq(list.n, 1);
	check_eq(list.id[0], FIELD_CA + 1);
	check_str(parsed("ca.", IN_DATA), "ca.: expected ca.MEMBER, the member as in C");
	check_str(parsed("ca.a b", IN_DATA), "ca.a b: expected ca.MEMBER, the member as in C");
	check_str(parsed("ca.a,ca.a", IN_DATA), "ca.a: named twice");
	check_str(parsed("+cax", IN_DATA), "+cax: no such field; --fields=help lists them");
}

static void faults_are_named(void)
{
	static const struct {
		const char *text, *bad;
	} cases[] = {
		{ "nonsense", "nonsense" },
		{ "srtt,nonsense,length", "nonsense" },
		{ "srt", "srt" },
		{ "srttt", "srttt" },
		{ "SRTT", "SRTT" },
		{ " srtt", " srtt" },
		{ "srtt ,length", "srtt " },
		{ "++srtt", "++srtt" },
		{ "-all", "-all" },
		{ "all,-all", "-all" },
		{ "alll", "alll" },
		{ "help,srtt", "help" },
	}, empty[] = {
		{ "", "" },
		{ ",", "" },
		{ "srtt,", "" },
		{ ",srtt", "" },
		{ "srtt,,length", "" },
		{ "+", "+" },
		{ "-", "-" },
		{ "+srtt,-", "-" },
	};
	char expected[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(expected, sizeof(expected),
			 "%s: no such field; --fields=help lists them", cases[i].bad);
		check_str(parsed(cases[i].text, IN_TEXT), expected);
	}
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		snprintf(expected, sizeof(expected), "%s: an empty name", empty[i].bad);
		check_str(parsed(empty[i].text, IN_TEXT), expected);
	}
	check_str(parsed("srtt,length,srtt", IN_TEXT), "srtt: named twice");
	check_str(parsed("all,srtt", IN_TEXT), "srtt: named twice");
	check_str(parsed("-length,srtt", IN_TEXT), "srtt: named twice");
	check_str(parsed("srtt,-srtt", IN_TEXT), "srtt: leaves no field");
}

/* bad points into the text: the second of two like ones is the faulty one. */
static void the_faulty_place_is_told(void)
{
	static const char text[] = "srtt,length,srtt";
	struct field_list list;
	const char *bad, *reason;

	check_eq(parse(&list, text, IN_TEXT, &bad, &reason), -EINVAL);
	check_eq(bad - text, 12);
}

static void a_long_list_stays_within_the_table(void)
{
	char text[4096] = "";
	struct field_list list;
	const char *bad, *reason;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < FIELD_COUNT; i++) {
			strcat(text, "+");
			strcat(text, fields_table[i].name);
			strcat(text, ",");
		}
	}
	strcat(text, "-lost");
	check_eq(parse(&list, text, IN_TEXT, &bad, &reason), 0);
	check_eq(list.n, FIELD_COUNT - 1);
	/* Each once. */
	for (size_t i = 0; i < list.n; i++) {
		check(list.id[i] != FIELD_lost);
		check(!memchr(list.id + i + 1, list.id[i], list.n - i - 1));
	}
}

/* A name is what stands in JSON, in CSV's heading and behind jq's dot. */
static void the_table_is_sound(void)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field *field = &fields_table[i];

		check_eq(strspn(field->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
			 strlen(field->name));
		check(field->name[0] > '9');
		check(*field->meaning && *field->source && field->unit);
		for (size_t j = 0; j < i; j++)
			check(strcmp(field->name, fields_table[j].name) != 0);
	}
}

static void fields_are_turned_into_what_the_kernel_copies(void)
{
	struct field_set set = { 0 };

	check_eq(fields_props(&set), 0);
	field_set_add(&set, FIELD_snd_cwnd);
	field_set_add(&set, FIELD_seq);
	check_eq(fields_props(&set), 0);
	field_set_add(&set, FIELD_rto);
	check_eq(fields_props(&set), TCC_PROP(RTO));
	field_set_add(&set, FIELD_delivery_rate);
	check_eq(fields_props(&set),
		 TCC_PROP(RTO) | TCC_PROP(RATE_DELIVERED) | TCC_PROP(RATE_INTERVAL));
	set = (struct field_set){ 0 };
	field_set_add(&set, FIELD_CA_ALL);
	check_eq(fields_props(&set), TCC_PROP(CA_PRIV) | TCC_PROP(CC));
}

static void sets_hold_each_field_by_itself(void)
{
	for (unsigned int id = 0; id <= FIELD_CA_ALL; id++) {
		struct field_set one = { 0 }, all = { { UINT64_MAX, UINT64_MAX } }, none = { 0 };

		field_set_add(&one, id);
		for (unsigned int other = 0; other <= FIELD_CA_ALL; other++)
			check_eq(field_set_has(&one, other), other == id);
		check(field_set_has_all(&all, &one) && !field_set_has_all(&none, &one));
		check(field_set_has_all(&one, &none));
		field_set_remove(&all, id);
		check(!field_set_has(&all, id) && !field_set_has_all(&all, &one));
		field_set_add_all(&all, &one);
		check(field_set_has_all(&all, &one));
		check_eq(all.bits[0] & all.bits[1], UINT64_MAX);
		field_set_keep(&all, &one);
		check(memcmp(&all, &one, sizeof(one)) == 0);
		field_set_keep(&one, &none);
		check(memcmp(&one, &none, sizeof(one)) == 0);
	}
}

static void help_has_a_line_for_each_field(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	char name[32], type[32], *line, *state;
	char meaning[512] = "";
	size_t n = 0, at = 0;

	fields_print_help(out);
	fclose(out);
	line = strtok_r(text, "\n", &state);
	check(line && strncmp(line, "FIELD ", 6) == 0);
	at = line ? (size_t)(strstr(line, "MEANING") - line) : 0;
	line = strtok_r(NULL, "\n", &state);
	while (line && n < FIELD_COUNT) {
		const struct field *field = &fields_table[n++];

		check_eq(sscanf(line, "%31s %31s", name, type), 2);
		check(strstr(line, field->unit) != NULL);
		snprintf(meaning, sizeof(meaning), "%s", line + at);
		while ((line = strtok_r(NULL, "\n", &state)) && *line == ' ') {
			check(strlen(line) <= 80);
			strcat(strcat(meaning, " "), line + at);
		}
		check_str(name, field->name);
		check_str(type, fields_json_type(field->kind));
		check_str(meaning, field->meaning);
	}
	check_eq(n, FIELD_COUNT);
	check(line && strncmp(line, "Besides: ca.MEMBER,", 19) == 0);
	free(text);
}

int main(void)
{
	TAP_RUN(default_sets_are_as_promised);
	TAP_RUN(a_list_has_its_fields_in_its_order);
	TAP_RUN(plus_adds_to_the_default_set);
	TAP_RUN(minus_takes_away);
	TAP_RUN(all_adds_all_there_are);
	TAP_RUN(members_of_private_state_are_named);
	TAP_RUN(faults_are_named);
	TAP_RUN(the_faulty_place_is_told);
	TAP_RUN(a_long_list_stays_within_the_table);
	TAP_RUN(the_table_is_sound);
	TAP_RUN(fields_are_turned_into_what_the_kernel_copies);
	TAP_RUN(sets_hold_each_field_by_itself);
	TAP_RUN(help_has_a_line_for_each_field);
	return tap_done();
}
