package nginx

// Substitute lets tests try changes without an nginx.
var Substitute = substitute
