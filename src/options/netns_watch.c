// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether namespaces are still called as they were; see netns_watch.h. */
#include "options/netns_watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "options/kernel_id.h"

_Static_assert(TCC_FILTER_VALUES <= 32, "a bit of netns_watch.said for each");

void netns_watch_look(struct netns_watch *watch, uint64_t now_ns)
{
	const struct tcc_netns_set *set = &watch->filter->netns;

	if (!set->size.n || now_ns < watch->next_ns)
		return;
	watch->next_ns = now_ns + NS_PER_S;
	for (uint32_t i = 0; i < set->size.n; i++) {
		const struct tcc_netns *netns = &set->value[i];

		if ((watch->said & 1u << i) || !*netns->word ||
		    kernel_id_netns_is(netns->word, netns->inum))
			continue;
		watch->said |= 1u << i;
		log_warning("--netns: '%s' does not name network namespace %u any more: "
			    "what comes under that name is another one, and not followed",
			    netns->word, netns->inum);
	}
}
