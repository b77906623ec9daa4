# COMMAND...: runs the node's command; its process id and how it ended stand in files.
"$@" &
echo $! >/run/slash32-lab/main.pid
wait $!
echo $? >/run/slash32-lab/main.exit
