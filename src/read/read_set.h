/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a name stands for: a log file with its rotated ones beside it, oldest
 * first, or one file alone. Opens them, and reads none.
 */
#ifndef TCC_READ_SET_H
#define TCC_READ_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What rotated files are called: who rotates them says it. */
struct read_names {
	/* Of what is behind FILE and a dot, less a suffix of compression. */
	bool (*is_number)(const char *text, uint64_t *number);	/* 1 is the newest */
	bool (*is_stamp)(const char *text);			/* these sort by time */
	const char *const *suffixes;				/* of compression */
	unsigned int n_suffixes;
};

struct read_file {
	char *path;
	int fd;			/* -1: closed */
	bool is_regular;
	uint64_t start;		/* of a regular one: where it is to be read from */
	int64_t mtime_ns;	/* when it was written last; 0: that says nothing */
	int64_t stamp_ns;	/* by its name: when it was rotated; 0: that says nothing */
	dev_t device;
	ino_t inode;
};

struct read_set {
	struct read_file *files;	/* oldest first */
	size_t n;
};

/* "-" is standard input. Returns 0 or -errno, which has been said: nothing is open then. */
int read_set_open(struct read_set *set, const char *path, const struct read_names *names);
void read_set_close(struct read_set *set);

/* Whether a name is that of a rotated file, by which one alone is meant. */
bool read_set_is_rotated(const char *path, const struct read_names *names);

/*
 * Put in its place those that are behind its last file by now, which may be compressed
 * since. Returns 0 or -errno, the set being as it was then; it has been said, but for
 * -ENOENT: there is none at this moment. *has_gap: there may have been more between.
 */
int read_set_follow(struct read_set *set, const char *path, const struct read_names *names,
		    bool *has_gap);

/* Close one of its files; the others stay as they are. */
void read_set_remove(struct read_set *set, size_t i);

#endif
