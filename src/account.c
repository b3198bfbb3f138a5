// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of every event; see account.h. */
#include "account.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t account_lost(const struct account *account)
{
	return account->lost_buffer + account->lost_output;
}

uint64_t account_seen(const struct account *account)
{
	return account->written + account->filtered + account_lost(account) + account->missed +
	       account->discarded;
}

const char *account_text(const struct account *account, char *text, size_t size)
{
	int length = snprintf(text, size,
			      "seen %" PRIu64 " = written %" PRIu64 " + filtered %" PRIu64
			      " + lost %" PRIu64 " + missed %" PRIu64 " + discarded %" PRIu64,
			      account_seen(account), account->written, account->filtered,
			      account_lost(account), account->missed, account->discarded);

	if (account_lost(account) && length > 0 && (size_t)length < size)
		snprintf(text + length, size - (size_t)length,
			 " (lost: buffer %" PRIu64 ", output %" PRIu64 ")", account->lost_buffer,
			 account->lost_output);
	return text;
}
