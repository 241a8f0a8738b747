/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the kernel ended a URB, for a program on libusb: from usbfs itself, as libusb blurs it. It calls
 * a transfer cancelled as soon as that was asked for, even if its URB was over with 0, and does not
 * tell errors of the bus apart.
 *
 * A program that is linked with this has its ioctl() looked at, libusb's calls included. A transfer
 * must fit into one URB (16 KiB), and buffers must not be shared.
 */
#ifndef WORKLOAD_USBFS_H
#define WORKLOAD_USBFS_H

#define USBFS_REFUSED 2

/*
 * Of the last bulk URB with that buffer: 0 or the negative errno that it ended with;
 * WITNESS_STATUS_UNKNOWN if it was accepted and has not been reaped, USBFS_REFUSED if it was not.
 */
int usbfs_status(const void *buffer);

#endif
