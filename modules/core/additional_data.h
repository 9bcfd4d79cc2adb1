/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * additional_data: what a PSAP is told of provider, service and subscriber
 * (RFC 7852 4.1, 4.2, 4.4), as XML documents.
 */
#pragma once

#include "text_writer.h"

/* Texts are escaped here; an empty one leaves its element out. */
struct additional_data {
	struct text reference;        /* DataProviderReference: of this call */
	struct text provider_name;    /* DataProviderString */
	struct text provider_id;      /* ProviderID: "urn:nena:companyid:X" */
	struct text provider_type;    /* TypeOfProvider: "Telecom Provider" */
	struct text provider_contact; /* ContactURI: "tel:+12065550100" */
	struct text service_type;     /* "MLTS-hosted" */
	struct text service_mobility; /* "Nomadic" */
	struct text person;           /* name of who calls, or of the device */
	struct text organization;
	struct text number; /* to ring back: "+12065550101" */
};

void provider_info_format(const struct additional_data *d,
			  struct text_writer *w);
void service_info_format(const struct additional_data *d,
			 struct text_writer *w);
/* An xCard (RFC 6351) with what is known. */
void subscriber_info_format(const struct additional_data *d,
			    struct text_writer *w);
