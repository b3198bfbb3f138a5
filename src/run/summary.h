/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a trace in numbers, at its end and whenever it is asked for. */
#ifndef TCC_SUMMARY_H
#define TCC_SUMMARY_H

struct session;

/* A line for each kind of event, of the connections, and what could be done about losses. */
void summary_print(const struct session *session);

#endif
