# Makes a node's own tree of files and then is the node's first process. Run as the first process of new mount, UTS, IPC
# and PID namespaces, in the node's network namespace. These are the functions; the node's own lines follow them.
set -eu
lab=/run/slash32-lab
ours=' '    # the device numbers of the file systems that belong to this node alone
kept=0

# FOLDER: what it is on belongs to this node, so mount points may be made there.
own() { ours="$ours$(stat -c %d "$1") "; }

# FOLDER NAME...: the host's FOLDER by reference, but NAMEs empty and this node's.
by_reference() {
    folder=$1 && shift
    mkdir -p ".$folder"
    for path in "${folder%/}"/*; do
        name=${path##*/}
        case " $* " in *" $name "*) mkdir ".$path" && continue ;; esac
        if [ -L "$path" ]; then cp -P "$path" ".$path"
        elif [ -d "$path" ]; then mkdir ".$path" && mount --rbind "$path" ".$path"
        fi
    done
}

# FOLDER: a tree of this node's own, made there and then its root. The host's stays at /.host until the end.
make_root() {
    mount -t tmpfs -o mode=755 slash32-lab "$1"
    mount --make-unbindable "$1" # or the next lines would mount it into itself
    cd "$1"
    by_reference / etc run tmp var lost+found
    by_reference /var lib log
    mount --make-private . # or the node could not bind a folder of its own, as ip-netns(8) does
    chmod 1777 tmp
    cp -a /etc/. etc/
    mkdir .host
    pivot_root . .host
    cd /
    own /
    mkdir -p $lab/bin
}

# FOLDER: a folder of the host that becomes this node's, with what was in it.
keep() {
    kept=$((kept + 1))
    mkdir -p "$lab/kept/$kept"
    mount --rbind "$1" "$lab/kept/$kept"
    mount -t tmpfs -o mode=755 slash32-lab "$1"
    own "$1"
    for path in "$lab/kept/$kept"/* "$lab/kept/$kept"/.[!.]*; do
        name=${path##*/}
        if [ -L "$path" ]; then cp -P "$path" "$1/$name"
        elif [ -d "$path" ]; then mkdir "$1/$name" && mount --rbind "$path" "$1/$name"
        elif [ -e "$path" ]; then ln -s "$path" "$1/$name"
        fi
    done
}

# FOLDER: is there afterwards; nothing is made on a file system of the host.
folder() {
    [ ! -d "$1" ] || return 0
    up=$(dirname "$1")
    while [ ! -d "$up" ]; do up=$(dirname "$up"); done
    case "$ours" in *" $(stat -c %d "$up") "*) ;; *) keep "$up" ;; esac
    mkdir -p "$1"
}

# SOURCE TARGET OPTIONS: a file or folder of the host, seen in the node.
bind() {
    if [ -d "/.host$1" ]; then
        folder "$2"
    elif [ ! -e "$2" ]; then
        up=$(dirname "$2")
        folder "$up"
        case "$ours" in *" $(stat -c %d "$up") "*) ;; *) keep "$up" ;; esac
        : >"$2"
    fi
    mount --rbind "/.host$1" "$2"
    [ -z "$3" ] || mount -o "remount,bind,$3" "$2"
}

# PATH: stays where it is on the host, if it is in a folder that nodes have of their own.
visible() { [ -e "$1" ] || bind "$1" "$1" ''; }

# FOLDER OPTIONS: a tmpfs.
tmpfs() {
    folder "$1"
    mount -t tmpfs ${2:+-o "$2"} slash32-lab "$1"
    own "$1"
}

# NAME TARGET: a program that the image has under this name.
program() { ln -s "$(command -v "$2")" "$lab/bin/$1"; }

# NAME VALUE
sysctl() { printf %s "$2" >"/proc/sys/$(printf %s "$1" | tr . /)"; }

# NAME
name_host() {
    hostname "$1"
    echo "$1" >/etc/hostname
}

# Says that all is there, and lives until it is killed; ends if the lab doesn't answer, so that no node is left that
# the lab doesn't know of. Waits for whatever is orphaned in the node.
hold() {
    umount -l /.host
    rmdir /.host
    rm -rf /run/mount # umount's notes
    echo ready
    read -r answer && [ "$answer" = go ]
    exec </dev/null >/dev/null 2>&1
    trap : TERM INT HUP
    while :; do
        sleep 2147483647 &
        wait || :
    done
}
