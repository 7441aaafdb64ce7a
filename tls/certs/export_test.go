package certs

// ParseCertificates is parseCertificates.
var ParseCertificates = parseCertificates

// MaxFile is maxFile.
const MaxFile = maxFile
