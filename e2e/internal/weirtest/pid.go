package weirtest

// PID returns the id of the running server's process.
func (s *Server) PID() int {
	return s.proc.cmd.Process.Pid
}
