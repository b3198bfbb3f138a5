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
	account->lost_input += other->lost_input;
	account->missed += other->missed;
	account->discarded += other->discarded;
	account->waiting += other->waiting;
	account->is_unknown |= other->is_unknown;
}

uint64_t account_lost(const struct account *account)
{
	return account->lost_buffer + account->lost_output + account->lost_input;
}

bool account_is_short(const struct account *account)
{
	return account_lost(account) || account->missed || account->is_unknown;
}

bool account_is_balanced(const struct account *account)
{
	return account->seen == account->written + account->filtered + account_lost(account) +
				account->missed + account->discarded + account->waiting;
}

const char *account_text(const struct account *account, char *text, size_t size)
{
	char waiting[40] = "", lost[80] = "", input[40] = "";

	if (account->waiting)
		snprintf(waiting, sizeof(waiting), " + waiting %" PRIu64, account->waiting);
	if (account->lost_input)
		snprintf(input, sizeof(input), ", input %" PRIu64, account->lost_input);
	if (account_lost(account))
		snprintf(lost, sizeof(lost), " (lost: buffer %" PRIu64 ", output %" PRIu64 "%s)",
			 account->lost_buffer, account->lost_output, input);
	snprintf(text, size,
		 "seen %" PRIu64 " = written %" PRIu64 " + filtered %" PRIu64 " + lost %" PRIu64
		 " + missed %" PRIu64 " + discarded %" PRIu64 "%s%s%s",
		 account->seen, account->written, account->filtered, account_lost(account),
		 account->missed, account->discarded, waiting, lost,
		 account->is_unknown ? "; what else was lost or missed is unknown" : "");
	return text;
}
