// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines read back; see readback.h. Reads with jansson, libc and by hand. */
#include "readback.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INFINITE 2147483647u

static char failure[4096];

static const char *const event_names[RECORD_KIND_COUNT] = {
	"probe", "retransmit", "ca_state", "state", "reset", "close",
	"reduction",
};

__attribute__((format(printf, 1, 2)))
static bool fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure, sizeof(failure), format, args);
	va_end(args);
	return false;
}

/* --- from a value's text back to the value ---------------------------------------- */

static bool equals_u64(const char *text, int base, uint64_t expected)
{
	char *end;
	uint64_t value = strtoull(text, &end, base);

	return *text != '-' && *text != '+' && *text != ' ' && *end == '\0' && value == expected &&
	       (base == 16 || *text != '0' || text[1] == '\0');
}

static bool equals_i64(const char *text, int64_t expected)
{
	return expected < 0 ? *text == '-' && equals_u64(text + 1, 10, -(uint64_t)expected)
			    : equals_u64(text, 10, (uint64_t)expected);
}

/* Digits, a point, three decimals. */
static bool equals_milli(const char *text, uint64_t expected)
{
	const char *point = strchr(text, '.');
	char whole[32];

	if (!point || point - text > 20 || strlen(point + 1) != 3)
		return false;
	snprintf(whole, sizeof(whole), "%.*s", (int)(point - text), text);
	return equals_u64(whole, 10, expected / 1000) &&
	       strspn(point + 1, "0123456789") == 3 &&
	       strtoul(point + 1, NULL, 10) == expected % 1000;
}

/* The same; what is below 1 us is cut off. */
static bool equals_ms(const char *text, uint64_t expected_ns)
{
	return equals_milli(text, expected_ns / 1000);
}

/* Days since 1970-01-01 (Hinnant's days_from_civil). */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
	int64_t y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* ISO 8601 with ns; the offset from UTC is taken off. */
static bool equals_time(const char *text, int64_t expected_ns)
{
	unsigned int year, month, day, hour, minute, second, ns, zone_hour = 0, zone_minute = 0;
	int used = 0;
	int64_t seconds, expected_s = expected_ns / 1000000000 - (expected_ns % 1000000000 < 0);

	if (sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u.%9u%n", &year, &month, &day, &hour, &minute,
		   &second, &ns, &used) != 7 || used != 29)
		return false;
	if (strcmp(text + used, "Z") != 0 &&
	    (strlen(text + used) != 6 || !strchr("+-", text[used]) ||
	     sscanf(text + used + 1, "%2u:%2u", &zone_hour, &zone_minute) != 2))
		return false;
	seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	seconds -= (text[used] == '-' ? -1 : 1) * (int64_t)(zone_hour * 3600 + zone_minute * 60);
	return seconds == expected_s &&
	       ns == (uint64_t)expected_ns - (uint64_t)expected_s * 1000000000u;
}

static bool equals_addr(const char *text, const uint32_t expected[4], bool is_ipv6)
{
	uint32_t addr[4] = { 0, 0, htonl(0xffff), 0 };

	return inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, is_ipv6 ? addr : addr + 3) == 1 &&
	       memcmp(addr, expected, sizeof(addr)) == 0;
}

static bool is_absent(const struct field *field, const struct record *record)
{
	size_t bit = (size_t)(field - fields_table);

	return !(record->has.bits[bit / 64] & (uint64_t)1 << bit % 64);
}

static bool is_infinite(const struct field *field, const struct record *record)
{
	return field->kind == KIND_SSTHRESH && !is_absent(field, record) &&
	       *(const uint32_t *)(const void *)((const char *)record + field->offset) == INFINITE;
}

/* No value to be shown, in JSON and CSV. */
static bool is_nothing(const struct field *field, const struct record *record)
{
	return is_absent(field, record) || is_infinite(field, record);
}

static bool equals_word(const char *text, const struct word *word)
{
	return strlen(text) == word->length && memcmp(text, word->text, word->length) == 0;
}

static bool equals_host(const char *text, const struct record_host *host)
{
	return strlen(text) == host->length && memcmp(text, host->text, host->length) == 0;
}

static bool equals(const struct field *field, const struct record *record, const char *text)
{
	const void *member = (const char *)record + field->offset;
	bool is_ipv6 = record->ip_version == 6;

	switch (field->kind) {
	case KIND_EVENT:
		return strcmp(text, event_names[record->kind]) == 0;
	case KIND_TIME:
		return equals_time(text, *(const int64_t *)member);
	case KIND_I64:
		return equals_i64(text, *(const int64_t *)member);
	case KIND_MS:
		return equals_ms(text, *(const uint64_t *)member);
	case KIND_SADDR:
		return equals_addr(text, record->addrs.saddr, is_ipv6);
	case KIND_DADDR:
		return equals_addr(text, record->addrs.daddr, is_ipv6);
	case KIND_U16:
		return equals_u64(text, 10, *(const uint16_t *)member);
	case KIND_U32:
	case KIND_SSTHRESH:
		return equals_u64(text, 10, *(const uint32_t *)member);
	case KIND_U64:
		return equals_u64(text, 10, *(const uint64_t *)member);
	case KIND_COOKIE:
		return strncmp(text, "0x", 2) == 0 &&
		       equals_u64(text, 16, *(const uint64_t *)member);
	case KIND_FAMILY:
		return strcmp(text, is_ipv6 ? "inet6" : "inet") == 0;
	case KIND_NUMBER:
		return equals_u64(text, 10, *(const uint64_t *)member);
	case KIND_SPAN:
		return equals_ms(text, *(const uint64_t *)member);
	case KIND_MILLI:
		return equals_milli(text, *(const uint64_t *)member);
	case KIND_WORD:
		return equals_word(text, *(const struct word *const *)member);
	case KIND_NAME:
		return equals_word(text, member);
	case KIND_HOST:
		return equals_host(text, *(const struct record_host *const *)member);
	}
	return false;
}

/* --- from a line back to values ------------------------------------------------------ */

/* As JSON, a double is good to 15 digits; the digits themselves are CSV's to check. */
static bool equals_json(const struct field *field, const struct record *record, json_t *value)
{
	char text[32];

	if (is_nothing(field, record))
		return json_is_null(value);
	if (json_is_string(value) != (strcmp(fields_json_type(field->kind), "string") == 0))
		return false;
	if (json_is_string(value))
		return equals(field, record, json_string_value(value));
	if (field->kind == KIND_MS || field->kind == KIND_SPAN || field->kind == KIND_MILLI) {
		uint64_t number = *(const uint64_t *)((const char *)record + field->offset);

		if (field->kind != KIND_MILLI)
			number /= 1000;
		snprintf(text, sizeof(text), "%" PRIu64 ".%03u", number / 1000,
			 (unsigned int)(number % 1000));
		return json_is_real(value) && json_real_value(value) == strtod(text, NULL);
	}
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_integer(value) && equals(field, record, text);
}

static bool check_json(const struct field_list *list, const struct record *record, char *line)
{
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	void *at = object ? json_object_iter(object) : NULL;
	bool is_right = object && json_object_size(object) == list->n;

	if (!object)
		return fail("json: %s: %s", error.text, line);
	/* The order is that of the list: jansson keeps it. */
	for (size_t i = 0; is_right && i < list->n; i++) {
		const struct field *field = &fields_table[list->id[i]];

		is_right = strcmp(json_object_iter_key(at), field->name) == 0 &&
			   equals_json(field, record, json_object_iter_value(at));
		if (!is_right)
			fail("json: %s in %s", field->name, line);
		at = json_object_iter_next(object, at);
	}
	if (is_right && strpbrk(line, " \t\r\\"))
		is_right = fail("json: not compact: %s", line);
	json_decref(object);
	return is_right;
}

/* Cut the line at `separators` into at most `max` values; returns how many. */
static size_t split(char *line, char separator, char *values[], size_t max)
{
	size_t n = 0;

	for (char *at = line; at; n++) {
		char *next = strchr(at, separator);

		if (next)
			*next++ = '\0';
		if (n < max)
			values[n] = at;
		at = next;
	}
	return n;
}

/* An empty value is absent; alone on its line it has quotes. */
static bool check_csv(const struct field_list *list, const struct record *record, char *line)
{
	char *values[FIELD_COUNT];

	if (split(line, ',', values, FIELD_COUNT) != list->n)
		return fail("csv: number of values: %s", line);
	for (size_t i = 0; i < list->n; i++) {
		const struct field *field = &fields_table[list->id[i]];
		const char *absent = list->n == 1 ? "\"\"" : "";

		if (is_nothing(field, record) ? strcmp(values[i], absent) != 0
					      : !equals(field, record, values[i]))
			return fail("csv: %s is '%s'", field->name, values[i]);
	}
	return true;
}

static bool check_end(const char *text, const uint32_t addr[4], bool is_ipv6, uint16_t port,
		      char before_port)
{
	char copy[96];
	char *last, *start = copy;

	snprintf(copy, sizeof(copy), "%s", text);
	last = strrchr(copy, before_port);
	if (!last)
		return false;
	*last = '\0';
	if (is_ipv6 && before_port == ':') {
		if (*start++ != '[' || last[-1] != ']')
			return false;
		last[-1] = '\0';
	}
	return equals_addr(start, addr, is_ipv6) && equals_u64(last + 1, 10, port);
}

static bool has(const struct record *record, enum field_id id)
{
	return field_set_has(&record->has, id);
}

/* A column that is not chosen may be of a field that is absent. */
static bool check_column(const struct record *record, enum field_id id, const char *text,
			 bool is_right)
{
	return has(record, id) ? is_right : strcmp(text, "-") == 0;
}

static bool check_tcpprobe_end(const struct record *record, enum field_id addr_id,
			       enum field_id port_id, const uint32_t addr[4], uint16_t port,
			       const char *text)
{
	if (!has(record, addr_id) || !has(record, port_id))
		return strcmp(text, "-") == 0;
	return check_end(text, addr, record->ip_version == 6, port, ':');
}

/* Address and port may be there one without the other. */
static bool check_text_end(const struct record *record, enum field_id addr_id,
			   enum field_id port_id, const uint32_t addr[4], uint16_t port,
			   const char *text)
{
	char copy[96], *last;

	snprintf(copy, sizeof(copy), "%s", text);
	last = strrchr(copy, '.');
	if (!last)
		return false;
	*last++ = '\0';
	return check_column(record, addr_id, copy,
			    equals_addr(copy, addr, record->ip_version == 6)) &&
	       check_column(record, port_id, last, equals_u64(last, 10, port));
}

static bool check_tcpprobe(const struct field_list *list, const struct record *record, char *line)
{
	const uint32_t plain[] = { record->snd_cwnd, record->ssthresh, record->snd_wnd,
				   record->srtt_us, record->rcv_wnd };
	static const enum field_id ids[] = { FIELD_snd_cwnd, FIELD_ssthresh, FIELD_snd_wnd,
					     FIELD_srtt, FIELD_rcv_wnd };
	struct record whole = *record;
	char seconds[40], *values[11];

	(void)list;
	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%09" PRIu64,
		 record->offset_ns / 1000000000, record->offset_ns % 1000000000);
	if (split(line, ' ', values, 11) != 11)
		return fail("tcpprobe: number of columns: %s", line);
	/* Of other kinds nobody asks for such lines: they have what there is. */
	if (record->kind != RECORD_KIND_PROBE)
		memset(&whole.has, 0xff, sizeof(whole.has));
	if (!check_column(&whole, FIELD_offset_ms, values[0], strcmp(values[0], seconds) == 0) ||
	    !check_tcpprobe_end(&whole, FIELD_saddr, FIELD_sport, record->addrs.saddr,
				record->sport, values[1]) ||
	    !check_tcpprobe_end(&whole, FIELD_daddr, FIELD_dport, record->addrs.daddr,
				record->dport, values[2]) ||
	    !check_column(&whole, FIELD_length, values[3],
			  equals_u64(values[3], 10, record->length)) ||
	    !check_column(&whole, FIELD_snd_nxt, values[4],
			  equals_u64(values[4], 16, record->snd_nxt)) ||
	    !check_column(&whole, FIELD_snd_una, values[5],
			  equals_u64(values[5], 16, record->snd_una)))
		return fail("tcpprobe: columns 1 to 6: %s %s %s %s %s %s", values[0], values[1],
			    values[2], values[3], values[4], values[5]);
	for (size_t i = 0; i < 5; i++) {
		if (!check_column(&whole, ids[i], values[6 + i],
				  equals_u64(values[6 + i], 10, plain[i])))
			return fail("tcpprobe: column %zu: %s", 7 + i, values[6 + i]);
	}
	return true;
}

/* Without the kernel's time it is the other one, in UTC. */
static bool check_text_time(const struct record *record, const char *text)
{
	if (strncmp(text, "k:", 2) == 0)
		return has(record, FIELD_ktime) && equals_u64(text + 2, 10, record->ktime_ns);
	return check_column(record, FIELD_time, text, equals_time(text, record->wall_ns));
}

/* k:KTIME OFFSET ms | CONN ms | SADDR.PORT > DADDR.PORT | NAME VALUE ... */
static bool check_text_frame(const struct record *record, char *const words[])
{
	static const struct {
		int at;
		const char *word;
	} fixed[] = { { 2, "ms" }, { 3, "|" }, { 5, "ms" }, { 6, "|" }, { 8, ">" }, { 10, "|" } };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (strcmp(words[fixed[i].at], fixed[i].word) != 0)
			return false;
	}
	return check_text_time(record, words[0]) &&
	       check_column(record, FIELD_offset_ms, words[1],
			    equals_ms(words[1], record->offset_ns)) &&
	       check_column(record, FIELD_conn_ms, words[4],
			    equals_ms(words[4], record->conn_ns)) &&
	       check_text_end(record, FIELD_saddr, FIELD_sport, record->addrs.saddr,
			      record->sport, words[7]) &&
	       check_text_end(record, FIELD_daddr, FIELD_dport, record->addrs.daddr,
			      record->dport, words[9]);
}

static bool check_text(const struct field_list *list, const struct record *record, char *line)
{
	bool has_kind = record->kind != RECORD_KIND_PROBE;
	char *words[12 + 2 * FIELD_COUNT + 2], **at = words + 11 + has_kind;
	bool has_lost = record->lost && !memchr(list->id, FIELD_lost, list->n);
	size_t n = split(line, ' ', words, sizeof(words) / sizeof(words[0]));

	if (n != 11 + has_kind + 2 * list->n + (has_lost ? 2 : 0))
		return fail("text: number of words: %s", line);
	if (has_kind && strcmp(words[11], event_names[record->kind]) != 0)
		return fail("text: kind %s", words[11]);
	if (!check_text_frame(record, words))
		return fail("text: %s %s %s %s %s", words[0], words[1], words[4], words[7], words[9]);
	for (size_t i = 0; i < list->n; i++, at += 2) {
		const struct field *field = &fields_table[list->id[i]];
		const char *absent = is_infinite(field, record) ? "inf" : "-";

		if (strcmp(at[0], field->name) != 0 ||
		    (is_nothing(field, record) ? strcmp(at[1], absent) != 0
					       : !equals(field, record, at[1])))
			return fail("text: '%s %s' for %s", at[0], at[1], field->name);
	}
	if (has_lost && (strcmp(at[0], "lost") != 0 || !equals_u64(at[1], 10, record->lost)))
		return fail("text: '%s %s' for lost", at[0], at[1]);
	return true;
}

/* --- any format -------------------------------------------------------------------- */

const char *readback_check(enum format_kind kind, const struct field_list *list,
			   const struct record *record, char *line)
{
	static bool (*const checks[FORMAT_COUNT])(const struct field_list *, const struct record *,
						  char *) = {
		[FORMAT_TEXT] = check_text,
		[FORMAT_JSON] = check_json,
		[FORMAT_CSV] = check_csv,
		[FORMAT_TCPPROBE] = check_tcpprobe,
	};

	return checks[kind](list, record, line) ? NULL : failure;
}
