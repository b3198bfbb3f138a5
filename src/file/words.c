// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of a log file; see words.h. */
#include "file/words.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "file/append.h"
#include "file/rotate.h"

/* The name goes between the first two, the reason between the last two. */
static const struct {
	void (*log)(const char *format, ...) __attribute__((format(printf, 1, 2)));
	const char *before, *between, *after;
} messages[WORDS_COUNT] = {
	[WORDS_CANNOT_ROTATE] = { log_warning, "cannot rotate '", "': ",
				  "; going on in the old file, over its limit" },
	[WORDS_CANNOT_REOPEN] = { log_warning, "cannot reopen '", "': ",
				  "; going on in the old file" },
	[WORDS_REOPENS_NO_FILE] = { log_warning, "cannot reopen '",
				    "': it is not a regular file", "" },
	[WORDS_ROTATES_AGAIN] = { log_warning, "'", "' is rotated or reopened again", "" },
	[WORDS_LAST_LOST] = { log_warning, "'", "': what was written last may be lost: ", "" },
	[WORDS_REMOVED] = { log_warning, "'", "' was removed; begun anew", "" },
	[WORDS_UNLOCKED] = { log_warning, "'", "': somebody who reads it has locked it; another "
			     "tcc-trace that writes it would not be noticed", "" },
	[WORDS_CANNOT_WRITE] = { log_error, "cannot write to ", ": ", "" },
	[WORDS_WRITES_AGAIN] = { log_warning, "writing to ", " works again", "" },
	[WORDS_CANNOT_COMPRESS] = { log_warning, "cannot compress rotated files of '", "': ", "" },
	[WORDS_COMPRESSES_AGAIN] = { log_warning, "rotated files of '", "' are compressed again",
				     "" },
};

void words_say(enum words words, const char *name, const char *reason)
{
	messages[words].log("%s%s%s%s%s", messages[words].before, name, messages[words].between,
			    reason ? reason : "", messages[words].after);
}

static const struct {
	int err;
	const char *text;
} reasons[] = {
	{ APPEND_OTHER_HEADING, "its heading differs from the one to be written; choose another "
				"file, or the same format and fields" },
	{ APPEND_OTHER_END, "its last line has no end, and is no line of tcc-trace; choose another "
			    "file" },
	{ APPEND_IRREGULAR, "it is not a regular file, as rotating and reopening take" },
	{ APPEND_ONLY, "it may only be appended to (chattr +a)" },
	{ APPEND_IMMUTABLE, "it may not be changed (chattr +i)" },
	{ ROTATE_NOT_OURS, "it is not one of its rotated files" },
	{ EBUSY, "another tcc-trace is writing it" },
	{ EDEADLK, "another program has locked it" },
	{ EAGAIN, "another program has a lease on it" },
	{ ERESTART, "it is replaced again and again" },
	{ ELOOP, "it is, or leads to, a symbolic link of another user; name the file itself" },
	{ EKEYREJECTED, "another user made it, where others may make files too; choose another "
			"file" },
	{ EMLINK, "it has two names, where others may make such; choose another file" },
	{ ESTALE, "its directory is gone, or another one now" },
	{ ENXIO, "nobody reads it" },
	{ EFBIG, "the limit of a file's size is reached (ulimit -f)" },
};

const char *words_reason(int err)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].err == -err)
			return reasons[i].text;
	}
	return NULL;
}

const char *words_explain(int err)
{
	const char *reason = words_reason(err);

	return reason ? reason : strerror(-err);
}
