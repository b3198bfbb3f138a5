// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that records point to; see read_kept.h. */
#include "read/read_kept.h"

#include <stdlib.h>
#include <string.h>

/* So many, of what is a file of somebody who wants us to take memory. */
#define WORDS_MAX 256
#define HOSTS_MAX 65536
#define BUCKETS 4096	/* a power of two */
/* In one bucket: names that are made for it do not make each line slow. */
#define CHAIN_MAX 256

struct kept_host {
	struct record_host host;
	struct kept_host *next;
};

struct read_kept {
	struct word words[WORDS_MAX];
	size_t n_words, n_hosts;
	const struct record_host *last;
	struct kept_host *buckets[BUCKETS];
};

struct read_kept *read_kept_new(void)
{
	return calloc(1, sizeof(struct read_kept));
}

void read_kept_free(struct read_kept *kept)
{
	for (size_t i = 0; kept && i < BUCKETS; i++) {
		while (kept->buckets[i]) {
			struct kept_host *host = kept->buckets[i];

			kept->buckets[i] = host->next;
			free(host);
		}
	}
	free(kept);
}

const struct word *read_kept_word(struct read_kept *kept, const char *text, size_t length)
{
	struct word *word = &kept->words[kept->n_words];

	for (size_t i = 0; i < kept->n_words; i++) {
		if (kept->words[i].length == length && memcmp(kept->words[i].text, text, length) == 0)
			return &kept->words[i];
	}
	if (kept->n_words == WORDS_MAX)
		return NULL;
	kept->n_words++;
	memcpy(word->text, text, length);
	word->length = (uint8_t)length;
	return word;
}

static bool is_host(const struct record_host *host, const char *text, size_t length)
{
	return host->length == length && memcmp(host->text, text, length) == 0;
}

static struct kept_host **bucket_of(struct read_kept *kept, const char *text, size_t length)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < length; i++)
		hash = hash * 31 + (unsigned char)text[i];
	return &kept->buckets[(hash ^ hash >> 12) % BUCKETS];
}

const struct record_host *read_kept_host(struct read_kept *kept, const char *text, size_t length)
{
	struct kept_host **bucket, *host;
	unsigned int n = 0;

	if (kept->last && is_host(kept->last, text, length))
		return kept->last;
	bucket = bucket_of(kept, text, length);
	for (host = *bucket; host; host = host->next, n++) {
		if (is_host(&host->host, text, length))
			return kept->last = &host->host;
	}
	host = kept->n_hosts < HOSTS_MAX && n < CHAIN_MAX ? calloc(1, sizeof(*host)) : NULL;
	if (!host || !record_set_host(&host->host, text, length)) {
		free(host);
		return NULL;
	}
	kept->n_hosts++;
	host->next = *bucket;
	*bucket = host;
	return kept->last = &host->host;
}

const char *read_kept_take_host(struct read_kept *kept, const char *at,
				const struct record_host **host)
{
	size_t length = 0;

	/* What no name has ends it. */
	while (at[length] > ',' && at[length] != '"' && length <= RECORD_HOST_MAX)
		length++;
	*host = read_kept_host(kept, at, length);
	return *host ? at + length : NULL;
}
