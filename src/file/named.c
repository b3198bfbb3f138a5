// SPDX-License-Identifier: GPL-2.0-or-later
/* A log file that is open by its name; see named.h. */
#include "file/named.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A FIFO that nobody reads yet is tried so often, so many ms apart. */
#define FIFO_TRIES 100
#define FIFO_RETRY_MS 20

/* Whether it can be moved, as far as its place says. */
static int check_name(const struct place *place)
{
	if (strlen(place->name) + ROTATE_NAME_ADDED > NAME_MAX)
		return -ENAMETOOLONG;
	/* The link would be moved, not the file. */
	return place->is_link ? -APPEND_IRREGULAR : 0;
}

/* Waits a moment for the reader of a FIFO, as scripts start the two in any order. */
static int open_first(const struct named *named, struct append_state *state)
{
	int fd = append_open(&named->place, &named->form, state);

	for (int n = 0; fd == -ENXIO && n < FIFO_TRIES; n++) {
		usleep(FIFO_RETRY_MS * 1000);
		fd = append_open(&named->place, &named->form, state);
	}
	return fd;
}

int named_open(struct named *named, const char *path, const struct place *place,
	       struct append_state *state)
{
	int err = place_open(&named->place, path);

	named->path = path;
	named->fd = -1;
	if (err)
		return err;
	if (place && !place_is_same(&named->place, place))
		return -ESTALE;
	err = named->is_moved ? check_name(&named->place) : 0;
	if (err)
		return err;
	named->form.is_regular = named->is_moved;
	named->fd = open_first(named, state);
	if (named->fd < 0)
		return named->fd;
	named->form.is_regular = true;
	if (named->is_moved && append_why(named->fd, "", -EPERM) == -APPEND_ONLY)
		return -APPEND_ONLY;
	return 0;
}

int named_close(struct named *named)
{
	int err = named->fd >= 0 && close(named->fd) ? -errno : 0;

	named->fd = -1;
	place_close(&named->place);
	return err;
}

int named_renew(struct named *named)
{
	return named->place.is_magic ? 0 : place_renew(&named->place, named->path);
}

bool named_is_at_its_name(const struct named *named)
{
	struct stat here, there;

	/* What /proc led to was no name, but what was open; it may have been closed since. */
	if (named->place.is_magic)
		return true;
	return fstat(named->fd, &here) == 0 &&
	       place_stat(&named->place, named->place.name, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

int named_open_anew(struct named *named, struct append_state *state)
{
	int fd, has_failed;

	if (named->is_moved && named->place.is_link)
		return -APPEND_IRREGULAR;
	fd = append_open(&named->place, &named->form, state);
	if (fd < 0)
		return fd;
	has_failed = close(named->fd) != 0;
	named->fd = fd;
	return has_failed;
}
