package scalar

import "slices"

// Functions returns every function of the package; overloads follow each other under one name. The slice is
// the caller's.
func Functions() []Function {
	return slices.Concat(
		wideConversions(), wideMath(),
		floatFunctions(), integerFunctions(), castFunctions(), textFunctions(), dateTextFunctions(), dateFunctions(), truncFunctions(), extractFunctions(), zoneFunctions(),
		arrayFunctions(),
		degreeFunctions(), numberFunctions(), bytesFunctions(), quoteFunctions(), formatFunctions(), makeFunctions(), regexFunctions(), numberFormatFunctions(), dateFormatFunctions(), dateReadFunctions(),
		jsonFunctions(), precisionFunctions(), shiftFunctions(), pseudonymFunctions(), sketchFunctions(), hashFunctions(), orderKeyFunctions(),
	)
}
