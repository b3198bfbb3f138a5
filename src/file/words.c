// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of a log file; see words.h. */
#include "file/words.h"

#include "base/log.h"

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
