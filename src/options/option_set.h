/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handlers of the table of options: each stores what its option asks for
 * in struct options, or refuses it. For option_table.c alone.
 */
#ifndef TCC_OPTION_SET_H
#define TCC_OPTION_SET_H

#include "options/option_table.h"

/* `which` is the enum options_action. */
option_handler option_set_action;

/* `which` is the enum filter_kind; or 4 or 6. */
option_handler option_set_filter, option_set_ip_version;

/* The choices are in the order of the enum; or `which` is the enum format_kind. */
option_handler option_set_format, option_set_this_format;
option_handler option_set_time, option_set_color;

option_handler option_set_fields, option_set_no_header, option_set_log_file;
option_handler option_set_tee;

option_handler option_set_events, option_set_ca_struct, option_set_ca_btf;
option_handler option_set_changes;

/* The table's `min` and `max` are texts of the same kind as the value. */
option_handler option_set_interval, option_set_duration, option_set_count, option_set_buffer;
option_handler option_set_rotate_size, option_set_rotate_time, option_set_rotate_keep;

/* The choices are in the order of enum compress_kind. */
option_handler option_set_compress;

option_handler option_set_user;

option_handler option_set_read;

/* `which` says which of the two. */
enum option_when { OPTION_SINCE, OPTION_UNTIL };
option_handler option_set_when, option_set_follow;

/* `which` is true for --verbose, false for --quiet. */
option_handler option_set_strict, option_set_verbosity;

#endif
