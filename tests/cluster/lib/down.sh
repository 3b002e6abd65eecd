# The end of a cluster: nothing of it stays on the machine.
# shellcheck shell=bash

down() {
    local dir file name
    for dir in "$STATE"/node-*/; do
        [ ! -d "$dir" ] || { name=$(basename "$dir"); end_node_processes "${name#node-}"; }
    done
    for file in "$STATE"/run/*.pid; do
        [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
    done
    for file in "$STATE"/run/*.pid; do
        [ ! -e "$file" ] || timeout 8 tail "--pid=$(cat "$file")" -f /dev/null || kill -9 "$(cat "$file")" 2>/dev/null || true
    done
    unmount_below "$STATE"
    for name in $(ip netns list 2>/dev/null | awk '/^(node-|cni-)/ {print $1}'); do
        ip netns del "$name" || true
    done
    for name in $(ip -o link | grep -oE 'hearth-v[0-9]+' | sort -u); do
        ip link del "$name" 2>/dev/null || true
    done
    ip link del "$BRIDGE" 2>/dev/null || true
    ip route del unreachable "$SERVICE_RANGE" 2>/dev/null || true
    rm -rf "$STATE"
}

unmount_below() {
    local mount
    for mount in $(awk -v dir="$1/" 'index($2, dir) == 1 {print $2}' /proc/mounts | sort -r); do
        umount -l "$mount" || true
    done
}
