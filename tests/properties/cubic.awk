# SPDX-License-Identifier: GPL-2.0-or-later
# Whether each row of a trace was read by cubic.bt as well:
#	awk -f cubic.awk FILE-OF-CUBIC.BT TRACE.CSV
# Of struct bictcp (net/ipv4/tcp_cubic.c) word 0 is cnt and last_max_cwnd, word 2
# bic_origin_point and bic_K, 32 bits each, on a little-endian machine.

# Two halves of a word, the lower first, in decimal.
function halves(hex,   low, high) {
	hex = substr("0000000000000000" hex, length(hex) + 1)
	return number(substr(hex, 9)) "," number(substr(hex, 1, 8))
}

function number(hex,   i, n) {
	for (i = n = 0; ++i <= length(hex);)
		n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n
}

FNR == NR && NF == 5 && $1 ~ /^[0-9]+$/ {
	read[$1 "," $2 "," $3 "," halves($4) "," halves($5)]++
	n_read++
}
FNR == NR && /^Lost [0-9]+ events/ { lost += $2 }
FNR < NR && FNR > 1 {
	n++
	split($0, value, ",")
	reduced += value[5] > 0 && value[7] > 0
	if (!read[$0]) {
		missing++
		print "not read: " $0
	}
}
END {
	printf "%d rows, %d with a window that was reduced; %d read, %d lost\n", n, reduced, n_read, lost
	exit n < 100 || reduced < 50 || missing > lost
}
