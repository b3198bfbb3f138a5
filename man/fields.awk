# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the man page: puts version and directories and, for the line @FIELDS@,
# what src/record/fields.def says of each field into man/tcc-trace.8.in. Runs at build
# time in any awk; does not need the program, which may be for another machine.
#
#	awk -v version=VERSION -v pkgdatadir=DIR -v sysconfdir=DIR \
#		-v values=VALUES.DEF -v fields=FIELDS.DEF -f fields.awk TCC-TRACE.8.IN

/^@FIELDS@$/ {
	read_values()
	print_fields()
	next
}

{
	gsub(/@VERSION@/, version)
	gsub(/@PKGDATADIR@/, path(pkgdatadir))
	gsub(/@SYSCONFDIR@/, path(sysconfdir))
	print
}

function die(text) {
	print "fields.awk: " text | "cat 1>&2"
	is_failed = 1
	exit 1
}

END { exit is_failed }

# VALUE(KIND, C type, longest, JSON, PRESENT): types, as fields_json_type() has them.
function read_values(   line, word) {
	while ((getline line <values) > 0) {
		if (line !~ /^VALUE\(/)
			continue
		sub(/^VALUE\(/, "", line)
		if (split(line, word, /, */) < 5)
			die("not understood: " line)
		type[word[1]] = word[4] == "STRING" ? "string" : "number"
	}
}

# A definition may go on over lines; it ends where the next begins.
function print_fields(   line, definition, status) {
	while ((status = getline line <fields) > 0) {
		if (line ~ /^FIELD\(/) {
			print_field(definition)
			definition = line
		} else if (definition != "") {
			definition = definition " " line
		}
	}
	if (status < 0 || definition == "")
		die("no fields in " fields)
	print_field(definition)
}

# FIELD(name, kind, member, default sets, needs, unit, meaning, source)
function print_field(definition,   word, text, n, rest, defaults) {
	if (definition == "")
		return
	# Adjacent strings are one, as in C.
	gsub(/"[ \t]+"/, "", definition)
	rest = definition
	for (n = 0; match(rest, /"([^"\\]|\\.)*"/); n++) {
		text[n] = substr(rest, RSTART + 1, RLENGTH - 2)
		rest = substr(rest, RSTART + RLENGTH)
	}
	sub(/^FIELD\(/, "", definition)
	if (n != 3 || split(definition, word, /[ \t]*,[ \t]*/) < 8)
		die("not understood: " definition)
	if (!(word[2] in type))
		die("kind " word[2] " of field " word[1] " has no type here")
	defaults = default_sets(word[4])
	print ".TP"
	print ".BR " word[1] " \" (" type[word[2]] (text[0] != "" ? "; " roff(text[0]) : "") ")\""
	print_wrapped(toupper(substr(text[1], 1, 1)) roff(substr(text[1], 2)) ".")
	print ".br"
	print "Kernel: " roff(text[2]) "."
	print ".br"
	print "Default in: " defaults "."
}

# In words, what sets of src/record/fields.h a field is in by default.
function default_sets(sets,   text) {
	if (sets ~ /IN_TEXT/)
		text = sets ~ /IN_TEXT_RARE/ ? ", text" : ", text (probe)"
	if (sets ~ /IN_DATA/)
		text = text ", JSON, CSV"
	if (sets ~ /IN_THINNED/)
		text = text ", all with \\-\\-changes or \\-\\-interval"
	while (match(sets, /IN_KIND\([A-Z_]+\)/)) {
		text = text ", all with \\-\\-events=" \
			tolower(substr(sets, RSTART + 8, RLENGTH - 9))
		sets = substr(sets, RSTART + RLENGTH)
	}
	return text != "" ? substr(text, 3) : "none"
}

# In lines that a reader of roff can bear; words, none of which begins with a dot.
function print_wrapped(text,   words, n, i, line) {
	n = split(text, words, / /)
	line = words[1]
	for (i = 2; i <= n; i++) {
		if (length(line) + length(words[i]) < 80) {
			line = line " " words[i]
		} else {
			print line
			line = words[i]
		}
	}
	print line
}

# Text of a C string, fit for a line of roff that does not start with it.
function roff(text) {
	gsub(/\\"/, "\"", text)
	gsub(/\\/, "\\e", text)
	gsub(/->/, "\\->", text)
	gsub(/"/, "\\(dq", text)
	return text
}

# A directory's name, which may be longer than a line: to be broken at its
# slashes, not at hyphens.
function path(text) {
	text = roff(text)
	gsub(/-/, "\\-", text)
	gsub(/\//, "/\\:", text)
	return text
}
