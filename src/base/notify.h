/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the one who started the program that it is ready: sd_notify(3)'s protocol, a
 * datagram to the socket that $NOTIFY_SOCKET names. Without it nobody wants to know.
 */
#ifndef TCC_NOTIFY_H
#define TCC_NOTIFY_H

/*
 * Connect, while that is allowed; the variable is gone then, as it is meant for this
 * process alone. Returns a descriptor for notify_ready(), or -1.
 */
int notify_open(void);

/* Ready; closes the descriptor, which may be -1. */
void notify_ready(int fd);

#endif
