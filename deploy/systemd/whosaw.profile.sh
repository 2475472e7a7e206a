# Installed as /etc/profile.d/whosaw.sh: whosaw is found, and finds its config.
PATH=/opt/whosaw/bin:$PATH
export WHOSAW_CONFIG=/etc/whosaw/whosaw.yaml
