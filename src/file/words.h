/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of a log file, all of it: one table of messages, one of reasons.
 * Knows not when.
 */
#ifndef TCC_WORDS_H
#define TCC_WORDS_H

enum words {
	WORDS_CANNOT_ROTATE,
	WORDS_CANNOT_REOPEN,
	WORDS_REOPENS_NO_FILE,
	WORDS_ROTATES_AGAIN,
	WORDS_LAST_LOST,
	WORDS_REMOVED,
	WORDS_UNLOCKED,
	WORDS_CANNOT_WRITE,
	WORDS_WRITES_AGAIN,
	WORDS_CANNOT_COMPRESS,
	WORDS_COMPRESSES_AGAIN,
	WORDS_COUNT
};

/*
 * Why something cannot be done with a log file, of an -errno, as in append.h and
 * rotate.h; NULL where the errno's own words will do.
 */
const char *words_reason(int err);
/* That reason, or the errno's own words. */
const char *words_explain(int err);

/* Say it of the file `name`; `reason`, where it has one, else NULL. */
void words_say(enum words words, const char *name, const char *reason);

#endif
