/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a trace whose records come from files, of which none needs privilege or BPF. */
#ifndef TCC_READING_H
#define TCC_READING_H

#include "run/parts.h"

/* As parts_start(), which it stands for where files are named. */
int reading_start(struct parts *parts, const struct options *options);

/* Why a trace of files is over, as an exit_status. */
int reading_status(const struct parts *parts);

/* What it has of parts; accepts what never began. */
void reading_free(struct parts *parts);

#endif
