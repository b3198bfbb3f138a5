// SPDX-License-Identifier: GPL-2.0-or-later
/* The files that a name stands for; see read_set.h. */
#include "read/read_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/when.h"
#include "read/read_follow.h"

/* A set that is rotated just now is looked at again, so often. */
#define TRIES 10
#define STAMP_LENGTH (sizeof("YYYYMMDDTHHMMSS.mmmZ") - 1)

/* A rotated file's name and its age: first those with stamps, then those with numbers. */
struct aged {
	char name[NAME_MAX + 1];
	char stamp[STAMP_LENGTH + 1];	/* "": it has a number */
	uint64_t number;
	bool is_packed;
};

struct listing {
	struct aged *items;
	size_t n, capacity;
};

/* --- names ---------------------------------------------------------------------- */

/* The length of a name less its suffix of compression. */
static size_t plain_length(const struct read_names *names, const char *name)
{
	size_t length = strlen(name);

	for (unsigned int i = 0; i < names->n_suffixes; i++) {
		size_t n = strlen(names->suffixes[i]);

		if (length > n && strcmp(name + length - n, names->suffixes[i]) == 0)
			return length - n;
	}
	return length;
}

/* What is behind FILE and its dot; returns whether it is a rotated file's. */
static bool find_age(const struct read_names *names, const char *rest, struct aged *aged)
{
	char text[NAME_MAX + 1];
	size_t length = plain_length(names, rest);

	if (length >= sizeof(text))
		return false;
	memcpy(text, rest, length);
	text[length] = '\0';
	aged->is_packed = rest[length];
	aged->stamp[0] = '\0';
	aged->number = 0;
	if (names->is_number(text, &aged->number))
		return true;
	if (!names->is_stamp(text))
		return false;
	memcpy(aged->stamp, text, sizeof(aged->stamp));
	return true;
}

/* Whether a name is that of a rotated file, of whatever FILE. */
static bool is_rotated(const struct read_names *names, const char *base)
{
	struct aged aged;
	const char *dot = strchr(base, '.');

	for (; dot; dot = strchr(dot + 1, '.')) {
		if (dot > base && find_age(names, dot + 1, &aged))
			return true;
	}
	return false;
}

static int compare(const void *left, const void *right)
{
	const struct aged *a = left, *b = right;

	if (*a->stamp || *b->stamp)
		return *a->stamp && *b->stamp ? strcmp(a->stamp, b->stamp)
					      : (*b->stamp != 0) - (*a->stamp != 0);
	return a->number > b->number ? -1 : a->number < b->number;
}

static bool is_same_age(const struct aged *a, const struct aged *b)
{
	return a->number == b->number && strcmp(a->stamp, b->stamp) == 0;
}

/* --- the listing ------------------------------------------------------------------- */

static int add(struct listing *listing, const struct aged *aged)
{
	/* A crash leaves it there compressed as well. */
	for (size_t i = 0; i < listing->n; i++) {
		if (!is_same_age(&listing->items[i], aged))
			continue;
		if (listing->items[i].is_packed)
			listing->items[i] = *aged;
		return 0;
	}
	if (listing->n == listing->capacity) {
		size_t capacity = listing->capacity ? listing->capacity * 2 : 16;
		struct aged *items = realloc(listing->items, capacity * sizeof(*items));

		if (!items)
			return -ENOMEM;
		listing->items = items;
		listing->capacity = capacity;
	}
	listing->items[listing->n++] = *aged;
	return 0;
}

/* Those beside FILE, which is `base` in the directory. */
static int list(struct listing *listing, const struct read_names *names, const char *directory,
		const char *base)
{
	size_t length = strlen(base);
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int err = 0;

	/* Who may not list it may still open what is in it. */
	if (!dir)
		return errno == EACCES ? 0 : -errno;
	while (!err && (entry = readdir(dir))) {
		struct aged aged;

		if (strncmp(entry->d_name, base, length) != 0 || entry->d_name[length] != '.' ||
		    !find_age(names, entry->d_name + length + 1, &aged))
			continue;
		snprintf(aged.name, sizeof(aged.name), "%s", entry->d_name);
		err = add(listing, &aged);
	}
	closedir(dir);
	if (listing->n)
		qsort(listing->items, listing->n, sizeof(*listing->items), compare);
	return err;
}

/* --- opening ------------------------------------------------------------------------- */

static int open_file(struct read_file *file, char *path)
{
	struct stat st;
	int err = 0;

	*file = (struct read_file){ .path = path, .fd = STDIN_FILENO };
	if (!path)
		return -ENOMEM;
	/* A FIFO without a writer holds nobody up. */
	if (strcmp(path, "-") != 0)
		file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	/* Whoever unpacks it expects to wait. */
	else if (file->fd != STDIN_FILENO && fcntl(file->fd, F_SETFL, 0))
		err = -errno;
	if (err)
		return err;
	file->is_regular = S_ISREG(st.st_mode);
	if (file->is_regular) {
		off_t at = lseek(file->fd, 0, SEEK_CUR);

		file->start = at > 0 ? (uint64_t)at : 0;
		file->mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	}
	file->device = st.st_dev;
	file->inode = st.st_ino;
	return 0;
}

static void close_file(struct read_file *file)
{
	if (file->fd > STDIN_FILENO)
		close(file->fd);
	free(file->path);
}

void read_set_remove(struct read_set *set, size_t i)
{
	close_file(&set->files[i]);
	set->n--;
	memmove(&set->files[i], &set->files[i + 1], (set->n - i) * sizeof(set->files[i]));
}

void read_set_close(struct read_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		close_file(&set->files[i]);
	free(set->files);
	*set = (struct read_set){ 0 };
}

/* One more; -ENOENT where it has gone meanwhile. */
static int open_next(struct read_set *set, char *path)
{
	int err = open_file(&set->files[set->n], path);

	if (err) {
		if (set->files[set->n].fd > STDIN_FILENO)
			close(set->files[set->n].fd);
		free(path);
		return err;
	}
	set->n++;
	return 0;
}

/* That there is none is for the caller to say. */
static int fail(const char *path, int err)
{
	if (err != -ENOENT)
		log_error("cannot open '%s': %s", path, strerror(-err));
	return err;
}

static char *join(const char *directory, const char *name)
{
	char *path = NULL;

	if (strcmp(directory, ".") == 0)
		return strdup(name);
	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* YYYYMMDDTHHMMSS.mmmZ, as ISO 8601 has it. */
static int64_t moment_of(const char *stamp)
{
	char text[sizeof("YYYY-MM-DDTHH:MM:SS.mmmZ")];
	struct when when;

	if (!*stamp)
		return 0;
	snprintf(text, sizeof(text), "%.4s-%.2s-%.5s:%.2s:%s", stamp, stamp + 4, stamp + 6,
		 stamp + 11, stamp + 13);
	return when_parse(text, &when) == 0 ? when.ns : 0;
}

/* All of a listing, and FILE last, which need not be there if another is. */
static int open_all(struct read_set *set, const struct listing *listing, const char *directory,
		    const char *path)
{
	int err;

	set->files = calloc(listing->n + 1, sizeof(*set->files));
	if (!set->files)
		return fail(path, -ENOMEM);
	for (size_t i = 0; i < listing->n; i++) {
		char *rotated = join(directory, listing->items[i].name);

		err = open_next(set, rotated ? strdup(rotated) : NULL);
		if (err && err != -ENOENT)
			fail(rotated ? rotated : path, err);
		free(rotated);
		if (err && err != -ENOENT)
			return err;
		if (!err)
			set->files[set->n - 1].stamp_ns = moment_of(listing->items[i].stamp);
	}
	err = open_next(set, strdup(path));
	return !err || (err == -ENOENT && set->n) ? 0 : fail(path, err);
}

/* Whether the names still are those of the files that were opened by them, each once. */
static bool is_settled(const struct read_set *set)
{
	struct stat st;

	for (size_t i = 0; i < set->n; i++) {
		if (stat(set->files[i].path, &st) || st.st_dev != set->files[i].device ||
		    st.st_ino != set->files[i].inode)
			return false;
	}
	return true;
}

/* Whether a listing has what another has: nothing was rotated between. */
static bool is_same(const struct listing *a, const struct listing *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++) {
		if (strcmp(a->items[i].name, b->items[i].name) != 0)
			return false;
	}
	return a->n == b->n;
}

/* Open what is listed. *is_whole: it is still all that there is, by its names. */
static int open_listed(struct read_set *set, const struct read_names *names,
		       const char *directory, const char *path, bool *is_whole)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	struct listing before = { 0 }, after = { 0 };
	int err = list(&before, names, directory, base);

	err = err ? fail(path, err) : open_all(set, &before, directory, path);
	/* That it cannot be listed any more is no loss of what is open. */
	*is_whole = !err && list(&after, names, directory, base) == 0 &&
		    is_same(&before, &after) && is_settled(set);
	free(before.items);
	free(after.items);
	return err;
}

static int open_set(struct read_set *set, const char *path, const struct read_names *names)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1)
				: strdup(".");
	int err = directory ? -EAGAIN : -ENOMEM;

	for (int try = 0; err == -EAGAIN; try++) {
		bool is_whole;

		err = open_listed(set, names, directory, path, &is_whole);
		if (!err && try < TRIES && !is_whole) {
			read_set_close(set);
			err = -EAGAIN;
		}
	}
	free(directory);
	return err;
}

bool read_set_is_rotated(const char *path, const struct read_names *names)
{
	const char *slash = strrchr(path, '/');

	return is_rotated(names, slash ? slash + 1 : path);
}

static int open_any(struct read_set *set, const char *path, const struct read_names *names)
{
	const struct listing none = { 0 };
	int err;

	*set = (struct read_set){ 0 };
	if (strcmp(path, "-") == 0 || read_set_is_rotated(path, names))
		err = open_all(set, &none, ".", path);
	else
		err = open_set(set, path, names);
	if (err)
		read_set_close(set);
	return err;
}

int read_set_open(struct read_set *set, const char *path, const struct read_names *names)
{
	int err = open_any(set, path, names);

	if (err == -ENOENT)
		log_error("cannot open '%s': %s", path, strerror(ENOENT));
	return err;
}

int read_set_follow(struct read_set *set, const char *path, const struct read_names *names,
		    bool *has_gap)
{
	struct read_set now;
	size_t known;
	int err = open_any(&now, path, names);

	if (err)
		return err;
	known = read_follow_known(&now, &set->files[set->n - 1], names, has_gap);
	for (; known; known--)
		read_set_remove(&now, 0);
	read_set_close(set);
	*set = now;
	return 0;
}
