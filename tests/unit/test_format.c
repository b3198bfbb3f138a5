// SPDX-License-Identifier: GPL-2.0-or-later
/* The formats: each one's line, its edges, its heading, and the room it asks for. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <time.h>

#include "../tap.h"
#include "format/format.h"

/* From the default set. */
static int parse(struct field_list *list, const char *text, unsigned int set, const char **bad,
		 const char **reason)
{
	struct field_list base;

	fields_default(&base, set);
	return fields_parse(list, text, &base, bad, reason);
}

/* The sanitizer sees a byte too many itself, if there is nothing behind. */
#define GUARD 0x5a
#ifdef __SANITIZE_ADDRESS__
#define GUARD_BYTES 0
#else
#define GUARD_BYTES 128
#endif

static const struct format_style plain = { .has_header = true };

static struct addr_pair ends4, ends6;

static void set_ends(struct addr_pair *ends, const char *saddr, const char *daddr, bool is_ipv6)
{
	ends->is_ipv6 = is_ipv6;
	ends->saddr_length = (uint8_t)strlen(saddr);
	ends->daddr_length = (uint8_t)strlen(daddr);
	memcpy(ends->saddr_text, saddr, strlen(saddr));
	memcpy(ends->daddr_text, daddr, strlen(daddr));
}

/* The event of INTERFACE.md's example line. */
static struct record sample(void)
{
	set_ends(&ends4, "172.31.46.125", "52.95.4.0", false);
	return (struct record){
		.has = fields_of_kind(RECORD_KIND_PROBE, 0),
		.ktime_ns = 22329653706207571, .wall_ns = 1783012345123456789,
		.wall_us = 1783012345123456, .offset_ns = 21992999, .conn_ns = 2000,
		.cookie = 0xabc, .conn_key = 0xabc, .addrs = ends4,
		.snd_cwnd = 10, .ssthresh = 46, .mss = 1448, .snd_wnd = 261632,
		.srtt_us = 77035, .rcv_wnd = 56576, .length = 0, .in_flight = 2896,
		.snd_nxt = 0xfedcba98, .snd_una = 0, .mark = 7, .lost = 0, .cpu = 3,
		.sport = 22, .dport = 29736, .kind = RECORD_KIND_PROBE, .ip_version = 4,
	};
}

static struct record sample6(void)
{
	struct record record = sample();

	set_ends(&ends6, "2001:db8::1", "::ffff:10.0.0.1", true);
	record.addrs = ends6;
	record.ip_version = 6;
	return record;
}

/* One record's line, in the default fields or those of a --fields list. */
static const char *line_in(enum format_kind kind, const char *fields,
			   const struct format_style *style, const struct record *record)
{
	static char line[4096];
	const char *bad, *reason;
	struct field_list list = { 0 };
	struct format *format;

	if (fields)
		check_eq(parse(&list, fields, format_field_set(kind), &bad, &reason), 0);
	format = format_new(kind, fields ? &list : NULL, style);
	line[format_record(format, record, line)] = '\0';
	format_free(format);
	return line;
}

static const char *line_of(enum format_kind kind, const char *fields, const struct record *record)
{
	return line_in(kind, fields, &plain, record);
}

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* --- names ------------------------------------------------------------------------ */

static void formats_have_their_names(void)
{
	check_str(format_names[FORMAT_TEXT], "text");
	check_str(format_names[FORMAT_JSON], "json");
	check_str(format_names[FORMAT_CSV], "csv");
	check_str(format_names[FORMAT_TCPPROBE], "tcpprobe");
}

static void a_suffix_asks_for_a_format(void)
{
	static const struct {
		const char *path;
		enum format_kind kind;
	} cases[] = {
		{ "a.csv", FORMAT_CSV },	{ "a.json", FORMAT_JSON },
		{ "a.jsonl", FORMAT_JSON },	{ "a.ndjson", FORMAT_JSON },
		{ "A.CSV", FORMAT_CSV },	{ "/var/log/t.x.json", FORMAT_JSON },
		{ ".csv", FORMAT_CSV },		{ "a", FORMAT_TEXT },
		{ "a.txt", FORMAT_TEXT },	{ "a.log", FORMAT_TEXT },
		{ "csv", FORMAT_TEXT },		{ "a.csv.1", FORMAT_TEXT },
		{ "a.csv/b", FORMAT_TEXT },	{ "a.json/b.csv", FORMAT_CSV },
		{ "a.csvx", FORMAT_TEXT },	{ "a.", FORMAT_TEXT },
		{ "", FORMAT_TEXT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!check(format_from_suffix(cases[i].path) == cases[i].kind))
			printf("#   %s\n", cases[i].path);
	}
}

static void each_format_has_its_field_set(void)
{
	check_eq(format_field_set(FORMAT_TEXT), IN_TEXT);
	check_eq(format_field_set(FORMAT_JSON), IN_DATA);
	check_eq(format_field_set(FORMAT_CSV), IN_DATA);
	check_eq(format_field_set(FORMAT_TCPPROBE), 0);
}

static void kinds_of_event_have_their_lengths(void)
{
	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		check_eq(strnlen(record_kinds[kind].name, RECORD_KIND_MAX),
			 record_kinds[kind].length);
		check(record_kinds[kind].length > 0);
	}
}

/* --- lines -------------------------------------------------------------------------- */

#define TEXT_HEAD "k:22329653706207571 21.992 ms | 0.002 ms | " \
	"172.31.46.125.22 > 52.95.4.0.29736 | "
#define TEXT_PAIRS "snd_cwnd 10 ssthresh 46 snd_wnd 261632 srtt 77035 rcv_wnd 56576 length 0"

static void text_is_laid_out_as_the_original_tool(void)
{
	struct record record = sample();

	check_str(line_of(FORMAT_TEXT, NULL, &record), TEXT_HEAD TEXT_PAIRS "\n");
	check_str(line_of(FORMAT_TEXT, "srtt,event,cookie", &record),
		  TEXT_HEAD "srtt 77035 event probe cookie 0xabc\n");
	record = sample6();
	check_str(line_of(FORMAT_TEXT, "family", &record),
		  "k:22329653706207571 21.992 ms | 0.002 ms | "
		  "2001:db8::1.22 > ::ffff:10.0.0.1.29736 | family inet6\n");
}

static void text_tells_what_was_lost_once(void)
{
	struct record record = sample();

	record.lost = 12;
	check_str(line_of(FORMAT_TEXT, NULL, &record), TEXT_HEAD TEXT_PAIRS " lost 12\n");
	check_str(line_of(FORMAT_TEXT, "mark", &record), TEXT_HEAD "mark 7 lost 12\n");
	check_str(line_of(FORMAT_TEXT, "lost,mark", &record), TEXT_HEAD "lost 12 mark 7\n");
	record.lost = 0;
	check_str(line_of(FORMAT_TEXT, "lost", &record), TEXT_HEAD "lost 0\n");
}

static void text_begins_with_the_time_that_was_asked_for(void)
{
	struct format_style style = { .time_style = TIME_STYLE_UTC };
	struct record record = sample();

	check_str(line_in(FORMAT_TEXT, "time", &style, &record),
		  "2026-07-02T17:12:25.123456789Z 21.992 ms | 0.002 ms | 172.31.46.125.22 > "
		  "52.95.4.0.29736 | time 2026-07-02T17:12:25.123456789Z\n");
	/* The field stays in UTC. */
	set_zone("IST-5:30");
	style.time_style = TIME_STYLE_WALL;
	check_str(line_in(FORMAT_TEXT, "time", &style, &record),
		  "2026-07-02T22:42:25.123456789+05:30 21.992 ms | 0.002 ms | 172.31.46.125.22 > "
		  "52.95.4.0.29736 | time 2026-07-02T17:12:25.123456789Z\n");
	set_zone("UTC0");
}

static void color_is_where_it_helps(void)
{
	struct format_style style = { .has_color = true };
	struct record record = sample();
	char other[4096];

	/* 0xabc % 6 is 0: red. */
	check_str(line_in(FORMAT_TEXT, NULL, &style, &record),
		  "k:22329653706207571 21.992 ms | 0.002 ms | "
		  "\033[31m172.31.46.125.22 > 52.95.4.0.29736\033[0m | " TEXT_PAIRS "\n");
	record.has_cwnd_fallen = true;
	record.lost = 5;
	check_str(line_in(FORMAT_TEXT, "snd_cwnd,srtt", &style, &record),
		  "k:22329653706207571 21.992 ms | 0.002 ms | "
		  "\033[31m172.31.46.125.22 > 52.95.4.0.29736\033[0m |"
		  "\033[1;31m snd_cwnd 10\033[0m srtt 77035\033[7m lost 5\033[0m\n");
	/* The next connection looks different. */
	strcpy(other, line_in(FORMAT_TEXT, "srtt", &style, &record));
	record.conn_key++;
	check(strcmp(other, line_in(FORMAT_TEXT, "srtt", &style, &record)) != 0);
	/* Text only. */
	check(!strchr(line_in(FORMAT_JSON, NULL, &style, &record), '\033'));
	check(!strchr(line_in(FORMAT_CSV, NULL, &style, &record), '\033'));
	check(!strchr(line_in(FORMAT_TCPPROBE, NULL, &style, &record), '\033'));
}

static void json_is_one_flat_object_a_line(void)
{
	struct record record = sample();

	check_str(line_of(FORMAT_JSON, NULL, &record),
		  "{\"event\":\"probe\",\"time\":\"2026-07-02T17:12:25.123456789Z\","
		  "\"time_us\":1783012345123456,\"offset_ms\":21.992,\"conn_ms\":0.002,"
		  "\"saddr\":\"172.31.46.125\",\"sport\":22,\"daddr\":\"52.95.4.0\","
		  "\"dport\":29736,\"snd_cwnd\":10,\"ssthresh\":46,\"mss\":1448,"
		  "\"snd_wnd\":261632,\"srtt\":77035,\"rcv_wnd\":56576,\"length\":0,"
		  "\"in_flight\":2896,\"snd_nxt\":4275878552,\"snd_una\":0,\"mark\":7,"
		  "\"cookie\":\"0xabc\",\"lost\":0}\n");
	check_str(line_of(FORMAT_JSON, "ktime,family,cpu", &record),
		  "{\"ktime\":\"22329653706207571\",\"family\":\"inet\",\"cpu\":3}\n");
	check_str(line_of(FORMAT_JSON, "cpu", &record), "{\"cpu\":3}\n");
}

static void csv_has_values_and_commas(void)
{
	struct record record = sample6();

	check_str(line_of(FORMAT_CSV, NULL, &record),
		  "probe,2026-07-02T17:12:25.123456789Z,1783012345123456,21.992,0.002,"
		  "2001:db8::1,22,::ffff:10.0.0.1,29736,10,46,1448,261632,77035,56576,0,2896,"
		  "4275878552,0,7,0xabc,0\n");
	check_str(line_of(FORMAT_CSV, "ktime,family,cpu", &record), "22329653706207571,inet6,3\n");
	check_str(line_of(FORMAT_CSV, "cpu", &record), "3\n");
}

static void tcpprobe_has_the_modules_columns(void)
{
	struct record record = sample();

	check_str(line_of(FORMAT_TCPPROBE, NULL, &record),
		  "0.021992999 172.31.46.125:22 52.95.4.0:29736 0 0xfedcba98 0 10 46 261632 "
		  "77035 56576\n");
	record = sample6();
	record.offset_ns = 3000000001;
	record.ssthresh = RECORD_SSTHRESH_INFINITE;
	record.snd_una = 16;
	check_str(line_of(FORMAT_TCPPROBE, NULL, &record),
		  "3.000000001 [2001:db8::1]:22 [::ffff:10.0.0.1]:29736 0 0xfedcba98 0x10 10 "
		  "2147483647 261632 77035 56576\n");
}

/* --- what is absent ------------------------------------------------------------------ */

static void without(struct record *record, unsigned int id)
{
	field_set_remove(&record->has, id);
}

static void absent_is_not_zero(void)
{
	struct record record = sample();

	without(&record, FIELD_cookie);
	record.ssthresh = RECORD_SSTHRESH_INFINITE;
	check_str(line_of(FORMAT_TEXT, "ssthresh,cookie,mark", &record),
		  TEXT_HEAD "ssthresh inf cookie - mark 7\n");
	check_str(line_of(FORMAT_JSON, "ssthresh,cookie,mark", &record),
		  "{\"ssthresh\":null,\"cookie\":null,\"mark\":7}\n");
	check_str(line_of(FORMAT_CSV, "ssthresh,cookie,mark", &record), ",,7\n");
	check_str(line_of(FORMAT_CSV, "mark,ssthresh", &record), "7,\n");
	record.ssthresh = 0;
	record.mark = 0;
	check_str(line_of(FORMAT_TEXT, "ssthresh,mark", &record), TEXT_HEAD "ssthresh 0 mark 0\n");
	check_str(line_of(FORMAT_JSON, "ssthresh,mark", &record),
		  "{\"ssthresh\":0,\"mark\":0}\n");
	check_str(line_of(FORMAT_CSV, "ssthresh,mark", &record), "0,0\n");
}

/* Whatever the member holds, of whatever kind it is. */
static bool is_column(uint8_t id)
{
	return id == FIELD_ktime || id == FIELD_offset_ms || id == FIELD_conn_ms ||
	       id == FIELD_saddr || id == FIELD_sport || id == FIELD_daddr || id == FIELD_dport;
}

static void any_field_may_be_absent(void)
{
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		const char *name = fields_table[id].name;
		struct record record = sample();
		char fields[64], expected[256];

		snprintf(fields, sizeof(fields), "%s,%s", name, id == FIELD_mark ? "cpu" : "mark");
		without(&record, id);
		record.cpu = record.mark = 7;
		snprintf(expected, sizeof(expected), "{\"%s\":null,\"%s\":7}\n", name,
			 strchr(fields, ',') + 1);
		check_str(line_of(FORMAT_JSON, fields, &record), expected);
		check_str(line_of(FORMAT_CSV, fields, &record), ",7\n");
		snprintf(expected, sizeof(expected), TEXT_HEAD "%s - %s 7\n", name,
			 strchr(fields, ',') + 1);
		if (!is_column(id))
			check_str(line_of(FORMAT_TEXT, fields, &record), expected);
	}
}

/* Of a record that comes from a file. */
static void a_column_of_text_may_be_absent(void)
{
	static const struct {
		enum field_id id;
		const char *head;
	} columns[] = {
		{ FIELD_ktime, "2026-07-02T17:12:25.123456789Z 21.992 ms | 0.002 ms | "
			       "172.31.46.125.22 > 52.95.4.0.29736 | " },
		{ FIELD_offset_ms, "k:22329653706207571 - ms | 0.002 ms | "
				   "172.31.46.125.22 > 52.95.4.0.29736 | " },
		{ FIELD_conn_ms, "k:22329653706207571 21.992 ms | - ms | "
				 "172.31.46.125.22 > 52.95.4.0.29736 | " },
		{ FIELD_saddr, "k:22329653706207571 21.992 ms | 0.002 ms | "
			       "-.22 > 52.95.4.0.29736 | " },
		{ FIELD_sport, "k:22329653706207571 21.992 ms | 0.002 ms | "
			       "172.31.46.125.- > 52.95.4.0.29736 | " },
		{ FIELD_daddr, "k:22329653706207571 21.992 ms | 0.002 ms | "
			       "172.31.46.125.22 > -.29736 | " },
		{ FIELD_dport, "k:22329653706207571 21.992 ms | 0.002 ms | "
			       "172.31.46.125.22 > 52.95.4.0.- | " },
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		struct record record = sample();
		char expected[256];

		without(&record, columns[i].id);
		record.mark = 7;
		snprintf(expected, sizeof(expected), "%smark 7\n", columns[i].head);
		check_str(line_of(FORMAT_TEXT, "mark", &record), expected);
	}
}

/* Nothing is the one, and no limit the other. */
static void absent_is_not_infinite(void)
{
	struct record record = sample();

	record.ssthresh = RECORD_SSTHRESH_INFINITE;
	without(&record, FIELD_ssthresh);
	check_str(line_of(FORMAT_TEXT, "ssthresh", &record), TEXT_HEAD "ssthresh -\n");
}

/* Only 2147483647 is infinite, and only in ssthresh. */
static void near_infinite_is_a_number(void)
{
	struct record record = sample();

	record.ssthresh = RECORD_SSTHRESH_INFINITE - 1;
	check_str(line_of(FORMAT_JSON, "ssthresh", &record), "{\"ssthresh\":2147483646}\n");
	record.ssthresh = RECORD_SSTHRESH_INFINITE + 1;
	check_str(line_of(FORMAT_CSV, "ssthresh", &record), "2147483648\n");
	record.ssthresh = UINT32_MAX;
	check_str(line_of(FORMAT_TEXT, "ssthresh", &record), TEXT_HEAD "ssthresh 4294967295\n");
	record.snd_cwnd = record.mark = RECORD_SSTHRESH_INFINITE;
	check_str(line_of(FORMAT_CSV, "snd_cwnd,mark", &record), "2147483647,2147483647\n");
}

/* An empty line would be no record at all to Python's csv. */
static void a_lone_absent_value_in_csv_has_quotes(void)
{
	struct record record = sample();

	without(&record, FIELD_cookie);
	record.ssthresh = RECORD_SSTHRESH_INFINITE;
	check_str(line_of(FORMAT_CSV, "ssthresh", &record), "\"\"\n");
	check_str(line_of(FORMAT_CSV, "cookie", &record), "\"\"\n");
	check_str(line_of(FORMAT_CSV, "cookie,ssthresh", &record), ",\n");
}

/* --- what is needed ------------------------------------------------------------------ */

/* The names of what a probe's line needs. */
static const char *needed(enum format_kind kind, const char *fields,
			  const struct format_style *style)
{
	static char text[1024];
	struct field_list list = { 0 };
	const char *bad, *reason;
	struct format *format;

	if (fields)
		check_eq(parse(&list, fields, IN_DATA, &bad, &reason), 0);
	format = format_new(kind, fields ? &list : NULL, style);
	text[0] = '\0';
	for (unsigned int id = 0; id <= FIELD_CA_ALL; id++) {
		if (!field_set_has(&format->plans[RECORD_KIND_PROBE].needs, id))
			continue;
		strcat(text, " ");
		strcat(text, id < FIELD_COUNT ? fields_table[id].name : "ca");
	}
	format_free(format);
	return text;
}

static void a_line_needs_what_it_shows(void)
{
	struct format_style utc = { .time_style = TIME_STYLE_UTC };
	struct record record = sample();

	check_str(needed(FORMAT_JSON, "rto,srtt", &plain), " srtt rto");
	check_str(needed(FORMAT_CSV, "lost", &plain), " lost");
	check_str(needed(FORMAT_JSON, "ca.x,ca.y", &plain), " ca");
	check_str(needed(FORMAT_JSON, "ca", &plain), " ca");
	/* With the columns that are there whatever is chosen. */
	check_str(needed(FORMAT_TEXT, "rto", &plain),
		  " event offset_ms conn_ms saddr sport daddr dport lost ktime rto");
	check_str(needed(FORMAT_TEXT, "cpu", &utc),
		  " event time offset_ms conn_ms saddr sport daddr dport lost cpu");
	check_str(needed(FORMAT_TCPPROBE, NULL, &plain),
		  " offset_ms saddr sport daddr dport snd_cwnd ssthresh snd_wnd srtt rcv_wnd "
		  "length snd_nxt snd_una");
	/* A probe's own record has all of what is shown by default. */
	for (int kind = 0; kind < FORMAT_COUNT; kind++) {
		struct format *format = format_new((enum format_kind)kind, NULL, &plain);

		check(format_has_all(&format->plans[RECORD_KIND_PROBE], &record));
		format_free(format);
	}
}

/* --- the heading ----------------------------------------------------------------------- */

static const char *heading_of(enum format_kind kind, const char *fields, bool has_header)
{
	static char heading[4096];
	struct format_style style = { .has_header = has_header };
	const char *bad, *reason;
	struct field_list list = { 0 };
	struct format *format;

	check_eq(parse(&list, fields, IN_DATA, &bad, &reason), 0);
	format = format_new(kind, &list, &style);
	heading[format_heading(format, heading)] = '\0';
	format_free(format);
	return heading;
}

static void csv_alone_has_a_heading(void)
{
	check_str(heading_of(FORMAT_CSV, "srtt", true), "srtt\n");
	check_str(heading_of(FORMAT_CSV, "srtt,cookie,event", true), "srtt,cookie,event\n");
	check_str(heading_of(FORMAT_CSV, "-time", true),
		  "event,time_us,offset_ms,conn_ms,saddr,sport,daddr,dport,snd_cwnd,ssthresh,mss,"
		  "snd_wnd,srtt,rcv_wnd,length,in_flight,snd_nxt,snd_una,mark,cookie,lost\n");
	check_str(heading_of(FORMAT_CSV, "srtt", false), "");
	check_str(heading_of(FORMAT_JSON, "srtt", true), "");
	check_str(heading_of(FORMAT_TEXT, "srtt", true), "");
	check_str(heading_of(FORMAT_TCPPROBE, "srtt", true), "");
}

/* --- room ------------------------------------------------------------------------------- */

/* Nothing that line_max does not cover is touched; the line alone is within it. */
static void check_room(struct format *format, const struct record *record)
{
	size_t size = format->line_max + GUARD_BYTES, length;
	char *room = malloc(size);

	for (int is_heading = 0; is_heading <= 1; is_heading++) {
		memset(room, GUARD, size);
		length = is_heading ? format_heading(format, room)
				    : format_record(format, record, room);
		check(length <= format->line_max);
		if (!is_heading)
			check(length > 0 && room[length - 1] == '\n');
		for (size_t i = format->line_max; i < size; i++) {
			if (!check((unsigned char)room[i] == GUARD))
				break;
		}
	}
	free(room);
}

/* All names the longest there are. */
static void lengthen_words(struct record *record)
{
	static struct word longest = { .length = EMIT_SHORT_MAX };
	static struct record_host host = { .length = RECORD_HOST_MAX };

	memset(longest.text, 'x', EMIT_SHORT_MAX);
	memset(host.text, 'h', RECORD_HOST_MAX);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		void *member = (char *)record + fields_table[i].offset;

		if (fields_table[i].kind == KIND_WORD)
			*(const struct word **)member = &longest;
		else if (fields_table[i].kind == KIND_NAME)
			*(struct word *)member = longest;
		else if (fields_table[i].kind == KIND_HOST)
			*(const struct record_host **)member = &host;
	}
}

/* As long as each member's type allows. */
static struct record longest_record(void)
{
	struct record longest;

	memset(&longest, 0xff, sizeof(longest));
	memset(&ends6, 'f', sizeof(ends6));
	ends6.is_ipv6 = true;
	ends6.saddr_length = ends6.daddr_length = ADDR_TEXT_MAX;
	longest.addrs = ends6;
	longest.wall_ns = INT64_MIN;
	longest.wall_us = INT64_MIN;
	longest.kind = RECORD_KIND_PROBE;
	for (uint8_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		if (record_kinds[kind].length > record_kinds[longest.kind].length)
			longest.kind = kind;
	}
	lengthen_words(&longest);
	longest.ip_version = 6;
	longest.has_cwnd_fallen = true;
	longest.conn_key = 5; /* the longest color */
	return longest;
}

/* As long as they can be, or the shortest, which spoil the most behind them. */
static void check_rooms(const struct field_list *list)
{
	struct record shortest = { .ip_version = 4 }, nothing = shortest;
	struct record longest = longest_record(), infinite = longest;

	shortest.has = longest.has;
	lengthen_words(&shortest);
	set_ends(&shortest.addrs, "1.2.3.4", "1.2.3.4", false);
	infinite.ssthresh = infinite.snd_ssthresh = RECORD_SSTHRESH_INFINITE;
	for (int kind = 0; kind < FORMAT_COUNT; kind++) {
		for (unsigned int i = 0; i < 12; i++) {
			struct format_style style = { .time_style = (enum time_style)(i % 3),
						      .has_color = i >= 6, .has_header = true };
			struct format *format = format_new((enum format_kind)kind, list, &style);

			check_room(format, &shortest);
			check_room(format, &longest);
			check_room(format, &infinite);
			check_room(format, &nothing);
			format_free(format);
		}
	}
}

static void no_line_exceeds_line_max(void)
{
	struct field_list list = { 0 };

	set_zone("XXX12:59");
	check_rooms(NULL);
	list.n = 1;
	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		list.id[0] = id;
		check_rooms(&list);
	}
	for (list.n = 1; list.n <= FIELD_COUNT; list.n++) {
		for (size_t i = 0; i < list.n; i++)
			list.id[i] = (uint8_t)i;
		check_rooms(&list);
		for (size_t i = 0; i < list.n; i++)
			list.id[i] = (uint8_t)(FIELD_COUNT - 1 - i);
		check_rooms(&list);
	}
	set_zone("UTC0");
}

/* No byte of it is to spare but what the last value may spoil behind the line. */
static void check_reached(struct format *format, const struct record *record)
{
	char *room = malloc(format->line_max);
	size_t length = format_record(format, record, room);

	check_eq(length + FORMAT_SPOILT_MAX, format->line_max);
	free(room);
}

/* With a name of each kind there is, of whatever colour, behind whatever was lost. */
static void the_longest_line_is_as_long_as_line_max(void)
{
	struct format_style style = { .time_style = TIME_STYLE_WALL, .has_color = true };
	struct record longest = longest_record();
	struct field_list list = { 0 };

	for (uint8_t id = 0; id < FIELD_COUNT; id++) {
		if (id != FIELD_lost)
			list.id[list.n++] = id;
	}
	set_zone("XXX12:59");
	for (int kind = 0; kind < FORMAT_COUNT; kind++) {
		bool has_list = format_field_set((enum format_kind)kind);
		struct format *format = format_new((enum format_kind)kind,
						   has_list ? &list : NULL, &style);

		check_reached(format, &longest);
		format_free(format);
	}
	set_zone("UTC0");
}

/* As many members as there can be, of the longest names, the longest numbers. */
static struct ca_layout *longest_layout(void)
{
	struct ca_layout *layout =
		calloc(1, sizeof(*layout) + CA_MEMBERS_MAX * sizeof(layout->members[0]));

	layout->n_members = CA_MEMBERS_MAX;
	for (size_t i = 0; i < CA_MEMBERS_MAX; i++) {
		struct ca_member *member = &layout->members[i];

		memset(member->name, 'm', CA_NAME_MAX);
		member->kind = CA_INT;
		member->is_signed = member->is_wide = true;
	}
	return layout;
}

static void all_members_of_private_state_have_room(void)
{
	static const int64_t lowest[CA_PRIV_BYTES / 8] = { INT64_MIN };
	static const char name[] = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm";
	struct field_list all = { .id = { FIELD_cpu, FIELD_CA_ALL }, .n = 2 };
	struct field_list one = { .id = { FIELD_cpu, FIELD_CA }, .n = 2,
				  .ca = { { name, CA_NAME_MAX } }, .n_ca = 1 };
	struct record longest = longest_record();
	struct ca_layout *layout = longest_layout();
	struct format *format;

	longest.ca_layout = layout;
	memcpy(longest.ca_priv, lowest, sizeof(lowest));
	format = format_new(FORMAT_JSON, &all, &plain);
	check_reached(format, &longest);
	format_free(format);
	format = format_new(FORMAT_JSON, &one, &plain);
	check_reached(format, &longest);
	format_free(format);
	free(layout);
}

int main(void)
{
	TAP_RUN(formats_have_their_names);
	TAP_RUN(a_suffix_asks_for_a_format);
	TAP_RUN(each_format_has_its_field_set);
	TAP_RUN(kinds_of_event_have_their_lengths);
	TAP_RUN(text_is_laid_out_as_the_original_tool);
	TAP_RUN(text_tells_what_was_lost_once);
	TAP_RUN(text_begins_with_the_time_that_was_asked_for);
	TAP_RUN(color_is_where_it_helps);
	TAP_RUN(json_is_one_flat_object_a_line);
	TAP_RUN(csv_has_values_and_commas);
	TAP_RUN(tcpprobe_has_the_modules_columns);
	TAP_RUN(absent_is_not_zero);
	TAP_RUN(any_field_may_be_absent);
	TAP_RUN(a_column_of_text_may_be_absent);
	TAP_RUN(absent_is_not_infinite);
	TAP_RUN(near_infinite_is_a_number);
	TAP_RUN(a_lone_absent_value_in_csv_has_quotes);
	TAP_RUN(a_line_needs_what_it_shows);
	TAP_RUN(csv_alone_has_a_heading);
	TAP_RUN(no_line_exceeds_line_max);
	TAP_RUN(the_longest_line_is_as_long_as_line_max);
	TAP_RUN(all_members_of_private_state_have_room);
	return tap_done();
}
