# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the JSON Schema of tcc-trace's JSON output:
#	awk -f schema.awk src/format/banner.h src/record/values.def src/record/fields.def
# The schema's number is the one in banner.h; the fields are those of fields.def.
# It is open: readers must bear fields and members that later versions add.

/^#define BANNER_SCHEMA / { schema = $3 }

# VALUE(KIND, C type, longest, JSON, PRESENT)
/^VALUE\(/ {
	sub(/^VALUE\(/, "")
	if (split($0, word, /, */) < 5)
		fail("not five arguments: " $0)
	json[word[1]] = word[4]
	present[word[1]] = word[5] ~ /^ALWAYS\)/ ? "ALWAYS" : "MAYBE"
}

# A FIELD(...) may go over several lines.
/^FIELD\(/ { entry = "" ; is_inside = 1 }
is_inside {
	entry = entry " " $0
	if ($0 ~ /\)$/) {
		is_inside = 0
		add_field(substr(entry, index(entry, "(") + 1))
	}
}

END {
	if (!schema || !n || is_inside)
		fail("no schema number, no field, or a FIELD( that does not end")
	if (!is_failed)
		print_schema()
	exit is_failed
}

function fail(message) {
	print "schema.awk: " message >"/dev/stderr"
	is_failed = 1
}

# Cut `text` at the commas outside of quotes into arg[1..8]; quotes go.
function split_arguments(text,   i, c, is_quoted, k) {
	k = 1
	for (i = 1; i <= 8; i++)
		arg[i] = ""
	for (i = 1; i < length(text); i++) {
		c = substr(text, i, 1)
		if (c == "\"")
			is_quoted = !is_quoted
		else if (c == "," && !is_quoted)
			k++
		else if (is_quoted || c !~ /[ \t]/)
			arg[k] = arg[k] c
		if (c == "\\")
			fail("a backslash in: " text)
	}
	if (k != 8 || is_quoted)
		fail("not eight arguments: " text)
}

function add_field(text,   type) {
	split_arguments(text)
	type = json_type(arg[2])
	if (type == "")
		fail("no JSON type for the kind " arg[2] " of " arg[1])
	# Of some kinds of event only: null in the others.
	if (arg[5] ~ /ONLY/ && type !~ /null/)
		type = nullable(type)
	n++
	name[n] = arg[1]
	types[n] = type
	unit[n] = arg[6]
	meaning[n] = arg[7] (arg[6] == "" ? "" : " (" arg[6] ")")
}

function integer(max) {
	return "\"type\": \"integer\", \"minimum\": 0, \"maximum\": " max
}

function string(pattern) {
	return "\"type\": \"string\", \"pattern\": \"" pattern "\""
}

function nullable(type) {
	return "\"oneOf\": [{ \"type\": \"null\" }, { " type " }]"
}

# What all kinds of value of values.def have, by its columns JSON and PRESENT.
function json_type(kind,   type) {
	if (!(kind in json))
		return ""
	if (json[kind] == "STRING" && kind in one_of)
		type = "\"enum\": [" one_of[kind] "]"
	else if (json[kind] == "STRING" && kind in pattern)
		type = string(pattern[kind])
	else if (json[kind] == "INTEGER" && kind in max)
		type = integer(max[kind])
	else if (json[kind] == "NUMBER")
		type = "\"type\": \"number\", \"minimum\": 0"
	else
		return ""
	if (kind in but_not)
		type = type ", \"not\": { \"const\": " but_not[kind] " }"
	return present[kind] == "ALWAYS" ? type : nullable(type)
}

BEGIN {
	iso_time = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\\\.[0-9]{9}Z$"
	ipv4 = "[0-9]{1,3}(\\\\.[0-9]{1,3}){3}"
	decimal = "^(0|[1-9][0-9]{0,19})$"

	# What the values of a kind are beside their type.
	pattern["EVENT"] = "^[a-z][a-z_]*$"
	pattern["TIME"] = iso_time
	pattern["SADDR"] = pattern["DADDR"] = "^(" ipv4 "|[0-9a-f:]*:[0-9a-f:]*(:" ipv4 ")?)$"
	pattern["U64"] = decimal
	pattern["COOKIE"] = "^0x[1-9a-f][0-9a-f]{0,15}$"
	pattern["WORD"] = pattern["NAME"] = pattern["HOST"] = "^[A-Za-z0-9_.-]+$"
	one_of["FAMILY"] = "\"inet\", \"inet6\""
	max["I64"] = "9007199254740991"	# all of which a double holds
	max["U16"] = "65535"
	max["U32"] = max["SSTHRESH"] = "4294967295"
	max["NUMBER"] = "18446744073709551615"
	but_not["SSTHRESH"] = "2147483647"	# infinite, hence null
}

function print_schema() {
	print "{"
	print "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\","
	print "  \"$id\": \"urn:tcc-trace:schema:" schema "\","
	print "  \"title\": \"A line of tcc-trace's JSON output, schema number " schema "\","
	print "  \"$comment\": \"Later versions with this schema number may add fields, kinds of event, members.\","
	print "  \"type\": \"object\","
	print_choice("  ", "trace")
	print "  \"else\": {"
	print_choice("    ", "end")
	print "    \"else\": { \"$ref\": \"#/$defs/record\" }"
	print "  },"
	print "  \"$defs\": {"
	print_record()
	print_trace()
	print_end()
	print "  }"
	print "}"
}

function print_choice(indent, which) {
	print indent "\"if\": { \"properties\": { \"event\": { \"const\": \"" which "\" } }, \"required\": [\"event\"] },"
	print indent "\"then\": { \"$ref\": \"#/$defs/" which "\" },"
}

function print_required(names) {
	gsub(/ /, "\", \"", names)
	print "      \"required\": [\"" names "\"],"
}

function print_record(   i) {
	print "    \"record\": {"
	print "      \"description\": \"An event, in the fields that were asked for\","
	print "      \"type\": \"object\","
	print "      \"minProperties\": 1,"
	print "      \"properties\": {"
	for (i = 1; i <= n; i++)
		print "        \"" name[i] "\": { \"description\": \"" meaning[i] "\", " types[i] \
			" }" (i < n ? "," : "")
	print "      }"
	print "    },"
}

function print_trace(   i, string_or_null) {
	string_or_null = "{ \"type\": [\"string\", \"null\"] }"
	print "    \"trace\": {"
	print "      \"description\": \"The opening record of a log file\","
	print "      \"type\": \"object\","
	print_required("event schema program version host kernel boot_id time clock filter fields")
	print "      \"properties\": {"
	print "        \"event\": { \"const\": \"trace\" },"
	print "        \"schema\": {"
	print "          \"description\": \"grows when a field changes its type, unit or meaning, or goes\","
	print "          \"const\": " schema
	print "        },"
	print "        \"program\": { \"const\": \"tcc-trace\" },"
	print "        \"version\": { \"type\": \"string\" },"
	print "        \"host\": " string_or_null ","
	print "        \"kernel\": " string_or_null ","
	print "        \"boot_id\": { " nullable(string("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")) " },"
	print "        \"time\": { " string(iso_time) " },"
	print "        \"clock\": {"
	print "          \"description\": \"one moment on two clocks: kernel time in ns, and UTC\","
	print "          \"type\": \"object\","
	print "          \"required\": [\"ktime\", \"time\"],"
	print "          \"properties\": { \"ktime\": { " string(decimal) " }, \"time\": { " string(iso_time) " } }"
	print "        },"
	print "        \"filter\": { \"description\": \"what is traced; empty: everything\", \"type\": \"string\" },"
	print "        \"fields\": {"
	print "          \"description\": \"the fields of the lines that follow, in their order, each with its unit\","
	print "          \"type\": \"object\","
	print "          \"minProperties\": 1,"
	print "          \"properties\": {"
	for (i = 1; i <= n; i++)
		print "            \"" name[i] "\": { \"const\": \"" unit[i] "\" }" (i < n ? "," : "")
	print "          },"
	print "          \"additionalProperties\": { \"type\": \"string\" }"
	print "        }"
	print "      }"
	print "    },"
}

function print_end() {
	print "    \"end\": {"
	print "      \"description\": \"The end record: what became of each kind of event\","
	print "      \"type\": \"object\","
	print_required("event time duration_ms connections probe_seen probe_written " \
		"probe_filtered probe_lost probe_lost_buffer probe_lost_output probe_missed " \
		"probe_discarded")
	print "      \"properties\": {"
	print "        \"event\": { \"const\": \"end\" },"
	print "        \"time\": { " string(iso_time) " },"
	print "        \"duration_ms\": { \"type\": \"integer\", \"minimum\": 0 },"
	print "        \"connections\": { \"type\": \"integer\", \"minimum\": 0 }"
	print "      },"
	print "      \"patternProperties\": {"
	print "        \"^[a-z_]+_(seen|written|filtered|lost|lost_buffer|lost_output|lost_input|missed|discarded)$\": { \"type\": \"integer\", \"minimum\": 0 },"
	print "        \"^[a-z_]+_unknown$\": { \"description\": \"more may have been lost or missed than the files say that were read\", \"const\": true }"
	print "      }"
	print "    }"
}
