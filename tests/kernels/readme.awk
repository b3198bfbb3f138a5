# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the file `table` into a document, between the two lines that mark its
# place; a document without them stays as it is, and is an error.

/^<!-- kernels: / {
	print
	print ""
	while ((status = (getline line < table)) > 0) print line
	if (status < 0) failed = 1
	print ""
	is_inside = places = 1
	next
}
/^<!-- \/kernels -->$/ { is_inside = 0 }
!is_inside { print }
END { exit failed || !places || is_inside }
