// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of every event; see account.h. */
#include "record/account.h"

#include <inttypes.h>
#include <stdio.h>

void account_add(struct account *account, const struct account *other)
{
	account->seen += other->seen;
	account->written += other->written;
	account->filtered += other->filtered;
	account->lost_buffer += other->lost_buffer;
	account->lost_output += other->lost_output;
	account->missed += other->missed;
	account->discarded += other->discarded;
	account->waiting += other->waiting;
}

uint64_t account_lost(const struct account *account)
{
	return account->lost_buffer + account->lost_output;
}

bool account_is_balanced(const struct account *account)
{
	return account->seen == account->written + account->filtered + account_lost(account) +
				account->missed + account->discarded + account->waiting;
}

const char *account_text(const struct account *account, char *text, size_t size)
{
	char waiting[40] = "", lost[80] = "";

	if (account->waiting)
		snprintf(waiting, sizeof(waiting), " + waiting %" PRIu64, account->waiting);
	if (account_lost(account))
		snprintf(lost, sizeof(lost), " (lost: buffer %" PRIu64 ", output %" PRIu64 ")",
			 account->lost_buffer, account->lost_output);
	snprintf(text, size,
		 "seen %" PRIu64 " = written %" PRIu64 " + filtered %" PRIu64 " + lost %" PRIu64
		 " + missed %" PRIu64 " + discarded %" PRIu64 "%s%s",
		 account->seen, account->written, account->filtered, account_lost(account),
		 account->missed, account->discarded, waiting, lost);
	return text;
}
