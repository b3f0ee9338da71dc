package terraform

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// regulations says of each law that a tag Regulatory may name in which jurisdiction it applies.
var regulations = map[string]string{
	"GDPR": "EU", "UK-GDPR": "UK", "FADP": "CH",
	"LGPD": "BR", "CCPA": "US", "CPRA": "US", "HIPAA": "US", "PIPEDA": "CA",
	"APPI": "JP", "DPDP": "IN", "PDPA": "SG", "PIPA": "KR", "PIPL": "CN", "POPIA": "ZA",
}

// places lists the public regions of AWS and Azure by the jurisdiction they lie in. Norway is in the EEA, where the GDPR applies as in the EU.
var places = map[string]string{
	"EU": `eu-central-1 eu-west-1 eu-west-3 eu-north-1 eu-south-1 eu-south-2 eusc-de-east-1
		westeurope northeurope germanywestcentral germanynorth francecentral francesouth swedencentral swedensouth italynorth spaincentral
		polandcentral austriaeast belgiumcentral denmarkeast norwayeast norwaywest`,
	"UK": "eu-west-2 uksouth ukwest",
	"CH": "eu-central-2 switzerlandnorth switzerlandwest",
	"US": `us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1
		eastus eastus2 centralus northcentralus southcentralus westus westus2 westus3 westcentralus usgovvirginia usgovtexas usgovarizona`,
	"CA": "ca-central-1 ca-west-1 canadacentral canadaeast",
	"MX": "mx-central-1 mexicocentral",
	"BR": "sa-east-1 brazilsouth brazilsoutheast",
	"CL": "chilecentral",
	"IN": "ap-south-1 ap-south-2 centralindia southindia westindia jioindiawest jioindiacentral",
	"JP": "ap-northeast-1 ap-northeast-3 japaneast japanwest",
	"KR": "ap-northeast-2 koreacentral koreasouth",
	"SG": "ap-southeast-1 southeastasia",
	"AU": "ap-southeast-2 ap-southeast-4 australiaeast australiasoutheast australiacentral australiacentral2",
	"NZ": "ap-southeast-6 newzealandnorth",
	"ID": "ap-southeast-3 indonesiacentral",
	"MY": "ap-southeast-5 malaysiawest",
	"TH": "ap-southeast-7",
	"HK": "ap-east-1 eastasia",
	"TW": "ap-east-2",
	"CN": "cn-north-1 cn-northwest-1 chinaeast chinaeast2 chinaeast3 chinanorth chinanorth2 chinanorth3",
	"AE": "me-central-1 uaenorth uaecentral",
	"BH": "me-south-1",
	"QA": "qatarcentral",
	"IL": "il-central-1 israelcentral",
	"ZA": "af-south-1 southafricanorth southafricawest",
}

// lies is where each region is: places, turned over.
var lies = func() map[string]string {
	out := map[string]string{}
	for jurisdiction, regions := range places {
		for _, r := range strings.Fields(regions) {
			out[r] = jurisdiction
		}
	}
	return out
}()

// law returns the jurisdiction that a tag Regulatory names, by its law or by its own name.
func (o Options) law(tag string) (string, bool) {
	word := strings.ToUpper(strings.TrimSpace(tag))
	for name, jurisdiction := range o.Regulations {
		if strings.ToUpper(name) == word {
			return jurisdiction, true
		}
	}
	if jurisdiction, is := regulations[word]; is {
		return jurisdiction, true
	}
	if _, is := places[word]; is {
		return word, true
	}
	for _, stated := range []map[string]string{o.Regions, o.Regulations} {
		for _, jurisdiction := range stated {
			if strings.ToUpper(jurisdiction) == word {
				return jurisdiction, true
			}
		}
	}
	return "", false
}

// location returns the jurisdiction that a region lies in, as stated or else as known.
func (o Options) location(region string) (string, bool) {
	if j, is := o.Regions[region]; is {
		return j, true
	}
	j, is := lies[region]
	return j, is
}

// settle finds the jurisdiction of a database from its region and its tag, which must agree: a region that is said to be under a law that is not that of
// its country would let rows leave unseen.
func (a *assembly) settle(d *database, tag string) (string, bool) {
	law, known := a.options.law(tag)
	if !known {
		names := slices.Sorted(maps.Keys(regulations))
		a.fail(ErrJurisdiction, d.address, "its tag Regulatory is %s, which is no law or jurisdiction known here%s; --regulation NAME=JURISDICTION adds one",
			quote(tag), yamldoc.Suggestion(tag, names, "the laws"))
		return "", false
	}
	if d.region == "" {
		a.fail(ErrRegion, d.address, "its region is not known%s", a.notYet(": neither region, arn, location nor availability zone says it"))
		return "", false
	}
	place, known := a.options.location(d.region)
	switch {
	case !known:
		a.fail(ErrRegion, d.address, "region %s is not one whose jurisdiction is known here: --jurisdiction %s=NAME states it", quote(d.region), clean(d.region))
	case place != law:
		a.fail(ErrJurisdiction, d.address, "its tag Regulatory is %s, that is %s, but region %s lies in %s: correct the tag, or state with --jurisdiction %s=%s that it counts as %s",
			quote(tag), clean(law), clean(d.region), clean(place), clean(d.region), clean(law), clean(law))
	default:
		return place, true
	}
	return "", false
}

// notYet says that a plan may not know what a state will, otherwise what is missing.
func (a *assembly) notYet(missing string) string {
	if a.planned {
		return " before it is applied: import the state after terraform apply"
	}
	return missing
}

// amazonZone finds the region in the name of an availability zone, such as eu-central-1a or us-west-2-lax-1a.
var amazonZone = regexp.MustCompile(`^[a-z]+(?:-[a-z]+)+-[0-9]+`)

// azureRegion is the short form of a location: westeurope of West Europe.
func azureRegion(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}
