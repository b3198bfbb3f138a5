/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where lines go, opened: what a file of the format must begin with, the lines
 * before its first record, and in the user's words why it cannot be opened.
 */
#ifndef TCC_LINES_FILE_H
#define TCC_LINES_FILE_H

struct lines_config;
struct logfile;
struct privilege_wants;

struct lines_file {
	const struct lines_config *config;	/* borrowed */
	struct logfile *log;
	char *heading;		/* what a log file begins with */
	const char *name;	/* for messages: "standard output", the file */
};

/* Returns 0, or -errno when it has been said what is wrong; close it all the same. */
int lines_file_open(struct lines_file *file, const struct lines_config *config);

/* Returns 0 or -EIO, said. */
int lines_file_close(struct lines_file *file);

/*
 * What a pipe or a terminal has before its first record, for free(); NULL: nothing,
 * with *err 0, or no memory.
 */
char *lines_file_start_of_stream(const struct lines_file *file, int *err);

/* What it takes once the program is locked down. Returns 0 or -errno. */
int lines_file_want(const struct lines_file *file, struct privilege_wants *wants);

/* Say that it cannot be written. */
void lines_file_say_failed(const struct lines_file *file, int err);

#endif
