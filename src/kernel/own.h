/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections that this process's own output leaves by: traced, their records would
 * make others for ever.
 */
#ifndef TCC_OWN_H
#define TCC_OWN_H

#include <stdint.h>

/*
 * The cookie, SO_COOKIE, of the TCP socket that this descriptor is; 0: it is none. That
 * it is left out is said, by this name.
 */
uint64_t own_tcp_cookie(int fd, const char *name);

#endif
