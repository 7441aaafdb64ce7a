// Package httpapi is the HTTP side of the protocol: it parses a request, calls
// package stream, and writes the answer. What is allowed is decided there, not
// here. Start with New; the handler serves everything on the public listener.
//
// Every answer carries the security and CORS headers, and every one that is not
// a success is an application/problem+json document (RFC 9457) whose type is
// stable. Listener adds both to what net/http answers on its own.
package httpapi
