/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports by the names of their services, services(5): read from the file itself, since
 * the C library's look-up takes shared libraries that a static program has not.
 */
#ifndef TCC_SERVICES_H
#define TCC_SERVICES_H

#include <stdint.h>

#define SERVICES_PATH "/etc/services"

/*
 * The port of a service over TCP, by its name or an alias. Returns 0, -ENOENT when the
 * file has none, or another -errno when it cannot be read; *port is then as it was.
 */
int services_port(const char *path, const char *name, uint16_t *port);

#endif
