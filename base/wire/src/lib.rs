//! HTTP/1+2 server and client, upgrades, unix sockets.
