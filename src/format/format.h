/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a record to one whole line, in one of the formats. A format is a struct
 * format_ops in a file of its own; it knows records and fields, never files.
 *
 * This is the hot path: format_new() compiles the chosen fields into a plan,
 * and a line is the plan walked once. All memory is the caller's.
 */
#ifndef TCC_FORMAT_H
#define TCC_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/emit.h"
#include "record/fields.h"
#include "format/format_ca.h"
#include "record/record.h"

enum format_kind { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_TCPPROBE, FORMAT_COUNT };

extern const char *const format_names[FORMAT_COUNT];

/* The format that a file's suffix asks for; FORMAT_TEXT when it says nothing. */
enum format_kind format_from_suffix(const char *path);

/* What the first column of a text line shows. */
enum time_style { TIME_STYLE_KTIME, TIME_STYLE_WALL, TIME_STYLE_UTC };

struct format_style {
	enum time_style time_style;	/* of the text line's first column */
	bool has_color;
	bool has_header;		/* CSV: a heading */
};

/* A field of the plan: its name with the punctuation around it, ready made. */
struct format_step {
	char lead[EMIT_SHORT_MAX];	/* what goes before the value */
	uint8_t lead_length;
	uint8_t id;		/* as in struct field_list; from FIELD_COUNT on the rest is 0 */
	bool is_string;		/* in JSON */
	enum field_kind kind;
	size_t offset;		/* in struct record */
};

/* The lines of one kind of event. */
struct format_plan {
	struct format_step *steps;
	size_t n_steps;
	struct field_set needs;	/* what its lines show, or need to be made */
};

struct format {
	const struct format_ops *ops;
	struct format_style style;
	struct format_plan plans[RECORD_KIND_COUNT];
	struct ca_columns *ca;	/* the members of private state that are named, or NULL */
	size_t line_max;	/* bytes of the longest line, its LF included, and
				 * FORMAT_SPOILT_MAX */
	struct emit_second second;	/* cache: the time field, UTC */
	struct emit_second column;	/* cache: the text line's first column */
};

/* Behind the end of a line: what emit_short() and emit_addr() may spoil. */
#define FORMAT_SPOILT_MAX ADDR_TEXT_MAX

struct format_ops {
	/* The default set of its fields; 0: its columns are fixed. */
	unsigned int field_set;
	/* What a field's value is led by, as a printf format of its name. */
	const char *lead;
	/* Bytes beside lead and value of a field: of each, and of what is a string. */
	size_t separator, quotes;
	/* The most bytes of a line apart from its fields. */
	size_t frame_max;
	/* One line at `out`, its LF included; returns its end. */
	char *(*record)(struct format *format, const struct record *record, char *out);
	/* What infinity is, in place of a number. */
	struct word infinite;
	/* The fields of a line that are there whatever is chosen; or NULL. */
	void (*need)(const struct format_style *style, struct field_set *needs);
	/* The heading's length, written at `out` (line_max bytes); or NULL. */
	char *(*heading)(const struct format *format, char *out);
};

extern const struct format_ops format_text, format_json, format_csv, format_tcpprobe;

/*
 * Compile a plan for each kind of event, out of `lists` of fields: one for each,
 * RECORD_KIND_COUNT of them. Returns NULL when there is no memory.
 */
struct format *format_new_kinds(enum format_kind kind, const struct field_list *lists,
				const struct format_style *style);

/* The same fields in all kinds of event; NULL: the format's default set. */
struct format *format_new(enum format_kind kind, const struct field_list *fields,
			  const struct format_style *style);
void format_free(struct format *format);	/* accepts NULL */

/* The default set of a format's fields (IN_TEXT, IN_DATA), 0 if it has a fixed line. */
unsigned int format_field_set(enum format_kind kind);

/*
 * One record as one line at `out`, which has room for format->line_max bytes.
 * Returns the line's length.
 */
size_t format_record(struct format *format, const struct record *record, char *out);

/* The heading, at `out` as above; 0 where there is none. */
size_t format_heading(const struct format *format, char *out);

/*
 * For the formats: what walks a plan is there twice, for records that have all and for
 * the others, and all of it is in one piece.
 */
#define FORMAT_INLINE static inline __attribute__((always_inline))

/* For the formats: a member of the record, typed. */
#define FORMAT_MEMBER(record, step, type) \
	(*(type const *)((const char *)(record) + (step)->offset))

/* The text of an address, copied whole like emit_short(). */
static inline char *emit_addr(char *out, const char text[ADDR_TEXT_MAX], size_t length)
{
	memcpy(out, text, ADDR_TEXT_MAX);
	return out + length;
}

/* For the formats: whether a record has all that its line shows, as most have. */
static inline bool format_has_all(const struct format_plan *plan, const struct record *record)
{
	return field_set_has_all(&record->has, &plan->needs);
}

/* For the formats: whether it has this, of a line of which it has not all. */
static inline bool format_has(const struct format_step *step, const struct record *record)
{
	return field_set_has(&record->has, step->id);
}

/* For the formats: the same of a field that is there whatever is chosen. */
static inline bool format_has_field(const struct record *record, enum field_id id)
{
	return field_set_has(&record->has, id);
}

/* A number, or that it is infinite. */
static inline char *format_ssthresh(const struct format *format, uint32_t ssthresh, char *out)
{
	const struct word *infinite = &format->ops->infinite;

	if (ssthresh == RECORD_SSTHRESH_INFINITE)
		return emit_short(out, infinite->text, infinite->length);
	return emit_u32(out, ssthresh);
}

/*
 * For the formats: a value that the record has, as all of them write it, apart from
 * quotes.
 */
FORMAT_INLINE char *format_value(struct format *format, const struct format_step *step,
				 const struct record *record, char *out)
{
	const struct addr_pair *addrs = &record->addrs;
	const struct record_host *host;
	const struct word *word;

	switch (step->kind) {
	case KIND_SSTHRESH:
		return format_ssthresh(format, FORMAT_MEMBER(record, step, uint32_t), out);
	case KIND_U32:
		return emit_u32(out, FORMAT_MEMBER(record, step, uint32_t));
	case KIND_U16:
		return emit_u32(out, FORMAT_MEMBER(record, step, uint16_t));
	case KIND_MS:
		return emit_ms(out, FORMAT_MEMBER(record, step, uint64_t));
	case KIND_SADDR:
		return emit_addr(out, addrs->saddr_text, addrs->saddr_length);
	case KIND_DADDR:
		return emit_addr(out, addrs->daddr_text, addrs->daddr_length);
	case KIND_TIME:
		return emit_time(out, &format->second, FORMAT_MEMBER(record, step, int64_t), false);
	case KIND_I64:
		return emit_i64(out, FORMAT_MEMBER(record, step, int64_t));
	case KIND_U64:
		return emit_u64(out, FORMAT_MEMBER(record, step, uint64_t));
	case KIND_COOKIE:
		return emit_hex(out, FORMAT_MEMBER(record, step, uint64_t));
	case KIND_FAMILY:
		return record->ip_version == 6 ? EMIT_LITERAL(out, "inet6")
					       : EMIT_LITERAL(out, "inet");
	case KIND_EVENT:
		return emit_short(out, record_kinds[record->kind].name,
				  record_kinds[record->kind].length);
	case KIND_NUMBER:
		return emit_u64(out, FORMAT_MEMBER(record, step, uint64_t));
	case KIND_SPAN:
		return emit_ms(out, FORMAT_MEMBER(record, step, uint64_t));
	case KIND_MILLI:
		return emit_milli(out, FORMAT_MEMBER(record, step, uint64_t));
	case KIND_WORD:
		word = FORMAT_MEMBER(record, step, const struct word *);
		return emit_short(out, word->text, word->length);
	case KIND_NAME:
		word = &FORMAT_MEMBER(record, step, struct word);
		return emit_short(out, word->text, word->length);
	case KIND_HOST:
		host = FORMAT_MEMBER(record, step, const struct record_host *);
		return emit_bytes(out, host->text, host->length);
	}
	return out;
}

#endif
