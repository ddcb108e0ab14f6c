"""The addresses of the accounts room."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import views, views_settings

app_name = "accounts"

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("password/", views.PasswordChange.as_view(), name="password"),
    path("password/forgotten/", views.forgotten, name="forgotten"),
    path("welcome/<uidb64>/<token>/", views.Welcome.as_view(), name="welcome"),
    path("password/done/", views.PasswordChanged.as_view(), name="password_done"),
    path("account/", views.switch, name="switch"),
    path("language/", views.language, name="language"),
    path("settings/", views_settings.settings, name="settings"),
    path("settings/keys/", views_settings.key_list, name="keys"),
    path("settings/keys/new/", views_settings.key_create, name="key_create"),
    path("settings/keys/<int:pk>/delete/", views_settings.key_delete, name="key_delete"),
    path("settings/members/", views_settings.member_list, name="members"),
    path("settings/members/new/", views_settings.member_add, name="member_add"),
    path("settings/members/<int:pk>/role/", views_settings.member_role, name="member_role"),
    path("settings/members/<int:pk>/remove/", views_settings.member_remove, name="member_remove"),
    path("settings/general/", views_settings.general, name="general"),
]
