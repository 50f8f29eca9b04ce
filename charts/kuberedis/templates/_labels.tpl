{{- define "kuberedis.labels" -}}
app.kubernetes.io/name: kuberedis-operator
app.kubernetes.io/part-of: kuberedis
{{- end }}
