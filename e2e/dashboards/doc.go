// Package dashboards holds the Grafana dashboard and the Prometheus files of docker/
// against servers that run: every expression is one that Prometheus can read, every
// metric and label in it is one that some server has, and every metric of the server
// is on the dashboard unless this package says why not.
package dashboards
