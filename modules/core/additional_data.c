/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "additional_data.h"

#include "xml_writer.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
#define NS  "urn:ietf:params:xml:ns:EmergencyCallData:"

static void begin(struct text_writer *w, const char *block,
		  const char *attributes, struct text reference)
{
	text_writef(w, XML "<EmergencyCallData.%s xmlns=\"" NS "%s\"%s>", block,
		    block, attributes);
	xml_element(w, "DataProviderReference", reference);
}

static void end(struct text_writer *w, const char *block)
{
	text_writef(w, "</EmergencyCallData.%s>\r\n", block);
}

void provider_info_format(const struct additional_data *d,
			  struct text_writer *w)
{
	begin(w, "ProviderInfo", "", d->reference);
	xml_element(w, "DataProviderString", d->provider_name);
	xml_element(w, "ProviderID", d->provider_id);
	if (d->provider_id.len)
		xml_element(w, "ProviderIDSeries", text_of("NENA"));
	xml_element(w, "TypeOfProvider", d->provider_type);
	xml_element(w, "ContactURI", d->provider_contact);
	xml_element(w, "Language", text_of("en"));
	end(w, "ProviderInfo");
}

void service_info_format(const struct additional_data *d, struct text_writer *w)
{
	begin(w, "ServiceInfo", "", d->reference);
	xml_element(w, "ServiceEnvironment", text_of("Business"));
	xml_element(w, "ServiceType", d->service_type);
	xml_element(w, "ServiceMobility", d->service_mobility);
	end(w, "ServiceInfo");
}

/* "<name><text>t</text></name>" of an xCard. */
static void card_text(struct text_writer *w, const char *name, struct text t)
{
	if (!t.len)
		return;
	text_writef(w, "<%s>", name);
	xml_element(w, "text", t);
	text_writef(w, "</%s>", name);
}

void subscriber_info_format(const struct additional_data *d,
			    struct text_writer *w)
{
	begin(w, "SubscriberInfo", " privacyRequested=\"false\"", d->reference);
	text_writef(w, "<SubscriberData>"
		       "<vcards xmlns=\"urn:ietf:params:xml:ns:vcard-4.0\">"
		       "<vcard>");
	/* A card has a formatted name in any case (RFC 6350 6.2.1). */
	card_text(w, "fn", d->person.len ? d->person : d->organization);
	card_text(w, "org", d->organization);
	if (d->number.len) {
		text_writef(w, "<tel><uri>tel:");
		xml_write(w, d->number);
		text_writef(w, "</uri></tel>");
	}
	text_writef(w, "</vcard></vcards></SubscriberData>");
	end(w, "SubscriberInfo");
}
