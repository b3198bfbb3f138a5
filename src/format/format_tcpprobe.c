// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The line of the kernel's removed tcp_probe module (net/ipv4/tcp_probe.c,
 * tcpprobe_sprint(), until 4.15), for the plot scripts written for it:
 *	seconds source destination length snd_nxt snd_una snd_cwnd ssthresh
 *	snd_wnd srtt rcv_wnd
 * It printed addresses by %pISpc and the sequence numbers by %#x.
 */
#include "format/format.h"

/* The time, two ends, six numbers, two in hexadecimal; each with what is behind it. */
#define SECONDS_MAX (sizeof("18446744073.709551615 ") - 1)
#define END_MAX (sizeof("[]: ") - 1 + ADDR_TEXT_MAX + EMIT_U16_MAX)
#define SEQUENCE_MAX (sizeof("0xffffffff ") - 1)
#define FRAME_MAX (SECONDS_MAX + 2 * END_MAX + 6 * (EMIT_U32_MAX + 1) + 2 * SEQUENCE_MAX)

static char *put_end(char *out, const char addr[ADDR_TEXT_MAX], size_t length, bool is_ipv6, uint16_t port)
{
	if (is_ipv6)
		*out++ = '[';
	out = emit_addr(out, addr, length);
	if (is_ipv6)
		*out++ = ']';
	*out++ = ':';
	out = emit_u32(out, port);
	*out++ = ' ';
	return out;
}

/* %#x gives a zero no 0x. */
static char *put_sequence(char *out, uint32_t number)
{
	out = number ? emit_hex(out, number) : EMIT_LITERAL(out, "0");
	*out++ = ' ';
	return out;
}

static char *put_number(char *out, uint32_t number, char behind)
{
	out = emit_u32(out, number);
	*out++ = behind;
	return out;
}

/* Of a record of a file, which may lack any of the columns. */
static char *put_number_if(char *out, const struct record *record, enum field_id id,
			   uint32_t number, char behind)
{
	if (format_has_field(record, id))
		return put_number(out, number, behind);
	*out++ = '-';
	*out++ = behind;
	return out;
}

static char *put_sequence_if(char *out, const struct record *record, enum field_id id,
			     uint32_t number)
{
	return format_has_field(record, id) ? put_sequence(out, number) : EMIT_LITERAL(out, "- ");
}

static char *put_seconds(char *out, uint64_t ns)
{
	uint32_t below = (uint32_t)(ns % 1000000000);

	out = emit_u64(out, ns / 1000000000);
	*out++ = '.';
	*out++ = (char)('0' + below / 100000000);
	out = emit_padded(out, below % 100000000, 8);
	*out++ = ' ';
	return out;
}

static bool has_end(const struct record *record, enum field_id addr, enum field_id port)
{
	return format_has_field(record, addr) && format_has_field(record, port);
}

static char *put_some(char *out, const struct record *record)
{
	const struct addr_pair *addrs = &record->addrs;

	if (format_has_field(record, FIELD_offset_ms))
		out = put_seconds(out, record->offset_ns);
	else
		out = EMIT_LITERAL(out, "- ");
	if (has_end(record, FIELD_saddr, FIELD_sport))
		out = put_end(out, addrs->saddr_text, addrs->saddr_length, addrs->is_ipv6,
			      record->sport);
	else
		out = EMIT_LITERAL(out, "- ");
	if (has_end(record, FIELD_daddr, FIELD_dport))
		out = put_end(out, addrs->daddr_text, addrs->daddr_length, addrs->is_ipv6,
			      record->dport);
	else
		out = EMIT_LITERAL(out, "- ");
	out = put_number_if(out, record, FIELD_length, record->length, ' ');
	out = put_sequence_if(out, record, FIELD_snd_nxt, record->snd_nxt);
	out = put_sequence_if(out, record, FIELD_snd_una, record->snd_una);
	out = put_number_if(out, record, FIELD_snd_cwnd, record->snd_cwnd, ' ');
	out = put_number_if(out, record, FIELD_ssthresh, record->ssthresh, ' ');
	out = put_number_if(out, record, FIELD_snd_wnd, record->snd_wnd, ' ');
	out = put_number_if(out, record, FIELD_srtt, record->srtt_us, ' ');
	return put_number_if(out, record, FIELD_rcv_wnd, record->rcv_wnd, '\n');
}

static char *tcpprobe_record(struct format *format, const struct record *record, char *out)
{
	const struct addr_pair *addrs = &record->addrs;

	/* Of other kinds, which nobody gets, it has whatever is there. */
	if (record->kind == RECORD_KIND_PROBE &&
	    !format_has_all(&format->plans[record->kind], record))
		return put_some(out, record);
	out = put_seconds(out, record->offset_ns);
	out = put_end(out, addrs->saddr_text, addrs->saddr_length, addrs->is_ipv6, record->sport);
	out = put_end(out, addrs->daddr_text, addrs->daddr_length, addrs->is_ipv6, record->dport);
	out = put_number(out, record->length, ' ');
	out = put_sequence(out, record->snd_nxt);
	out = put_sequence(out, record->snd_una);
	out = put_number(out, record->snd_cwnd, ' ');
	out = put_number(out, record->ssthresh, ' ');
	out = put_number(out, record->snd_wnd, ' ');
	out = put_number(out, record->srtt_us, ' ');
	return put_number(out, record->rcv_wnd, '\n');
}

static void tcpprobe_need(const struct format_style *style, struct field_set *needs)
{
	static const enum field_id columns[] = {
		FIELD_offset_ms, FIELD_saddr, FIELD_sport, FIELD_daddr, FIELD_dport, FIELD_length,
		FIELD_snd_nxt, FIELD_snd_una, FIELD_snd_cwnd, FIELD_ssthresh, FIELD_snd_wnd,
		FIELD_srtt, FIELD_rcv_wnd,
	};

	(void)style;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		field_set_add(needs, columns[i]);
}

const struct format_ops format_tcpprobe = {
	.field_set = 0,
	.lead = "",
	.need = tcpprobe_need,
	.frame_max = FRAME_MAX,
	.record = tcpprobe_record,
};
