// SPDX-License-Identifier: GPL-2.0
/*
 * isoplay: silence to a USB sound card for a while, so that isochronous URBs flow.
 *
 *   isoplay [--device /dev/snd/pcmC0D0p] [--seconds S]
 *
 * It talks to the kernel's PCM device itself: 48 kHz, 2 channels, 16 bit. Prints the frames
 * written. Exit: 0; 1 when the device failed on the way (unplugged, say); 2 cannot run.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sound/asound.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RATE_HZ		48000
#define CHANNELS	2
#define PERIOD_FRAMES	480

static void set_mask(struct snd_pcm_hw_params *params, int which, unsigned int value)
{
	struct snd_mask *mask = &params->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(mask->bits, 0, sizeof(mask->bits));
	mask->bits[value / 32] = 1U << (value % 32);
}

static void set_interval(struct snd_pcm_hw_params *params, int which, unsigned int value)
{
	struct snd_interval *interval =
		&params->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];

	*interval = (struct snd_interval){ .min = value, .max = value, .integer = 1 };
}

/* The kernel narrows what is asked for: start from everything. */
static int set_up(int fd)
{
	struct snd_pcm_hw_params params = { .rmask = ~0U };

	for (size_t i = 0; i < sizeof(params.masks) / sizeof(params.masks[0]); i++)
		memset(params.masks[i].bits, 0xff, sizeof(params.masks[i].bits));
	for (size_t i = 0; i < sizeof(params.intervals) / sizeof(params.intervals[0]); i++)
		params.intervals[i].max = UINT32_MAX;
	set_mask(&params, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
	set_mask(&params, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
	set_mask(&params, SNDRV_PCM_HW_PARAM_SUBFORMAT, SNDRV_PCM_SUBFORMAT_STD);
	set_interval(&params, SNDRV_PCM_HW_PARAM_CHANNELS, CHANNELS);
	set_interval(&params, SNDRV_PCM_HW_PARAM_RATE, RATE_HZ);
	if (ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &params) || ioctl(fd, SNDRV_PCM_IOCTL_PREPARE))
		return -errno;
	return 0;
}

static int play(int fd, uint64_t frames, uint64_t *written)
{
	static int16_t silence[PERIOD_FRAMES * CHANNELS];

	while (*written < frames) {
		struct snd_xferi transfer = { .buf = silence, .frames = PERIOD_FRAMES };

		if (!ioctl(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &transfer)) {
			*written += (uint64_t)transfer.result;
			continue;
		}
		/* An underrun: under emulation we can be late. */
		if (errno != EPIPE || ioctl(fd, SNDRV_PCM_IOCTL_PREPARE))
			return -errno;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "seconds", required_argument, NULL, 's' },
		{ 0 },
	};
	const char *path = "/dev/snd/pcmC0D0p";
	double seconds = 1;
	uint64_t written = 0;
	int opt, fd, err;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'd') {
			path = optarg;
		} else if (opt == 's') {
			seconds = strtod(optarg, NULL);
		} else {
			fprintf(stderr, "usage: isoplay [--device PCM] [--seconds S]\n");
			return 2;
		}
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	err = fd < 0 ? -errno : set_up(fd);
	if (err) {
		fprintf(stderr, "isoplay: %s: %s\n", path, strerror(-err));
		return 2;
	}
	err = play(fd, (uint64_t)(seconds * RATE_HZ), &written);
	printf("frames %llu\n", (unsigned long long)written);
	if (err) {
		fprintf(stderr, "isoplay: %s: %s\n", path, strerror(-err));
		return 1;
	}
	return 0;
}
