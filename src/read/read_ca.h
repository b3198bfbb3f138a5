/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of an algorithm's private state, read back: `ca.MEMBER`. A file has their
 * names and values, and not where they lay; so a layout is made here in which each has
 * as many bits as its values took so far. What fitted a socket fits a record that way.
 */
#ifndef TCC_READ_CA_H
#define TCC_READ_CA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

struct read_ca;

struct read_ca *read_ca_new(void);		/* NULL: no memory */
void read_ca_free(struct read_ca *ca);		/* accepts NULL; with the layouts of its records */

/* The number of a member's name, without "ca."; -1: it is none, or there are too many. */
int read_ca_name(struct read_ca *ca, const char *name, size_t length);

/* Whether a line, or a heading, had one of this name. */
bool read_ca_has(const struct read_ca *ca, const char *name, size_t length);

/* A record begins: it has no members yet. */
void read_ca_begin(struct read_ca *ca);

/*
 * The value of a member at `at`, without quotes; `is_string`: it had some. Returns its
 * end, or NULL: it is none.
 */
const char *read_ca_value(struct read_ca *ca, int member, bool is_string, const char *at);

/* The record ends: give it its members, if it has any, and they fit. */
void read_ca_end(struct read_ca *ca, struct record *record);

#endif
